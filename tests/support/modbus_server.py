#!/usr/bin/python3
"""An independent Modbus server (python3-pymodbus) for tests and the demo.

usage: modbus_server.py PORT [UNITS]     units 1 to UNITS (default 10) on 127.0.0.1; port 0 picks one;
                                         a serial port's path: RTU there

Prints "ready PORT" once it accepts connections. Every table has addresses 0 to 999. Registers hold
pattern(table, unit, address), except these, which are the same for every unit (t = seconds since 1970):

  input    100   int16    tenths of a degree: 600 + 50 sin(2 pi t / 60)
  input    101   int16    tenths of a degree: 450 + 30 sin(2 pi t / 60)
  input    110   float32  low word first: 2.5 + 0.5 sin(2 pi t / 20)
  holding  200   uint64   milliseconds since 1970, never falls
  holding  300   uint16   seconds since 1970, modulo 65536
  holding  500            does not exist: exception 2
  discrete  12            true in every second span of 10 s
What is written to a coil or holding register stays so. Bits are true where (address + unit) is a multiple of 3.
"""
import asyncio
import logging
import math
import struct
import sys
import time

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer

COIL, DISCRETE, HOLDING, INPUT = 1, 2, 3, 4
SIZE = 1000
HOLE = (HOLDING, 500)
IDENTITY = ModbusDeviceIdentification(info_name={"VendorName": "Test Works", "ProductCode": "TW-1", "MajorMinorRevision": "1.2"})


def pattern(table, unit, address):
    """What an ordinary register holds: tells table, unit and address apart."""
    return (table * 16384 + unit * 1024 + address) & 0xFFFF


def wave(now, period):
    return math.sin(2 * math.pi * now / period)


def words(fmt, value):
    """Registers of a value, high word first."""
    raw = struct.pack(fmt, value)
    return struct.unpack(f">{len(raw) // 2}H", raw)


def moving(table, now):
    """Registers that change, by address."""
    if table == INPUT:
        flow = words(">f", 2.5 + 0.5 * wave(now, 20))
        return {100: round(600 + 50 * wave(now, 60)), 101: round(450 + 30 * wave(now, 60)),
                110: flow[1], 111: flow[0]}
    energy = words(">Q", int(now * 1000))
    return {**{200 + i: word for i, word in enumerate(energy)}, 300: int(now) & 0xFFFF}


class Table:
    """One table of one unit, as pymodbus asks for it."""

    def __init__(self, table, unit):
        self.table, self.unit = table, unit
        self.written = {}

    def validate(self, address, count=1):
        inside = 0 <= address and count > 0 and address + count <= SIZE
        return inside and not (self.table == HOLE[0] and address <= HOLE[1] < address + count)

    def getValues(self, address, count=1):  # pylint: disable=invalid-name
        now = time.time()
        if self.table in (COIL, DISCRETE):
            return [self.written.get(at, self.bit(at, now)) for at in range(address, address + count)]
        changing = {**moving(self.table, now), **self.written}
        return [changing.get(at, pattern(self.table, self.unit, at))
                for at in range(address, address + count)]

    def setValues(self, address, values):  # pylint: disable=invalid-name
        self.written.update(enumerate(values, address))

    def bit(self, address, now):
        if self.table == DISCRETE and address == 12:
            return int(now) // 10 % 2 == 1
        return (address + self.unit) % 3 == 0


def unit_context(unit):
    return ModbusSlaveContext(co=Table(COIL, unit), di=Table(DISCRETE, unit),
                              hr=Table(HOLDING, unit), ir=Table(INPUT, unit), zero_mode=True)


async def serve_serial(port, context):
    server = await StartAsyncSerialServer(context, framer=ModbusRtuFramer, port=port, baudrate=115200, defer_start=True,
                                          ignore_missing_slaves=True, identity=IDENTITY)
    await server.start()
    print("ready", port, flush=True)
    await server.serve_forever()


async def serve_tcp(port, context):
    server = await StartAsyncTcpServer(context, address=("127.0.0.1", port), defer_start=True,
                                       allow_reuse_address=True, identity=IDENTITY)
    serving = asyncio.create_task(server.serve_forever())
    await server.serving
    print("ready", server.server.sockets[0].getsockname()[1], flush=True)
    await serving


async def main(place, units):
    context = ModbusServerContext({unit: unit_context(unit) for unit in range(1, units + 1)}, single=False)
    if place.startswith("/"):
        await serve_serial(place, context)
    else:
        await serve_tcp(int(place), context)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    logging.disable(logging.CRITICAL)  # clients that leave are no news
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 10))
