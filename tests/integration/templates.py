"""Every template, read through the real gateway from an independent Modbus server (pymodbus).

usage: templates.py FIELDWEIR SHARE     the program, and the folder of the templates

What the registers hold is worked out here, from the YAML alone: each signal gets a value of its own, packed by its type and
orders. The gateway must then report exactly these. A template that says `max_gap: 0` gets a server that refuses whatever it
does not name.
"""
import asyncio
import json
import logging
import math
import pathlib
import struct
import subprocess
import sys
import tempfile
import threading

import jsonschema
import yaml
from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncTcpServer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from parts import end_with_parent, free_port, status_of, wait_for  # noqa: E402

FORMATS = {"int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "float32": "f", "int64": "q", "uint64": "Q", "float64": "d"}
REGISTERS = {"int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "float32": 2, "int64": 4, "uint64": 4, "float64": 4}


def words(raw, signal, device):
    """Registers of big-endian bytes, in the order that signal or device asks for."""
    def order(key):
        return signal.get(key, device.get(key, "big"))
    registers = list(struct.unpack(f">{len(raw) // 2}H", raw))
    if order("byte_order") == "little":
        registers = [word >> 8 | (word & 0xFF) << 8 for word in registers]
    return registers[::-1] if order("word_order") == "little" and signal["type"] != "string" else registers


def zero_based(address, table, addressing):
    if addressing == "modicon":
        address -= {"input": 30000, "holding": 40000}[table]
    return address - (0 if addressing == "zero_based" else 1)


def sample(signal, number):
    """(raw bytes, what the gateway must say before a scale register is looked at) of the number-th signal."""
    kind = signal["type"]
    if kind == "string":
        text = f"text {number}"
        return text.encode().ljust(2 * signal["length"], b"\0" if number % 2 else b" "), text
    if "enum" in signal:
        code = sorted(signal["enum"])[number % len(signal["enum"])]
        return struct.pack(">" + FORMATS[kind], code), signal["enum"][code]
    raw = {"float32": -1000.25 - number, "float64": 1e9 / (number + 3), "int64": 2**53 + 1 + number, "uint64": 2**63 + number,
           "int32": -70000 - number, "uint32": 3 * 10**9 + number, "int16": -300 - number, "uint16": 60000 + number}[kind]
    value = raw
    if "scale" in signal or "offset" in signal:
        value = raw * signal.get("scale", 1) + signal.get("offset", 0)
    return struct.pack(">" + FORMATS[kind], raw), value


def fill(template):
    """({table: {address: word}}, {signal: value}) for one device."""
    tables, expected = {"input": {}, "holding": {}}, {}
    addressing = template.get("addressing", "zero_based")
    for number, signal in enumerate(template["signals"]):
        table = tables[signal["table"]]
        raw, value = sample(signal, number)
        start = zero_based(signal["address"], signal["table"], addressing)
        for i, word in enumerate(words(raw, signal, template)):
            assert start + i not in table, f"{signal['name']} overlaps another signal"
            table[start + i] = word
        if "scale_register" in signal:
            at = zero_based(signal["scale_register"], signal["table"], addressing)
            power = at % 7 - 4
            table[at] = power & 0xFFFF
            value *= 10.0 ** power
        expected[signal["name"]] = value
    return tables, expected


class Table:
    """One table of one unit, as pymodbus asks for it."""

    def __init__(self, registers, strict):
        self.registers, self.strict = registers, strict

    def validate(self, address, count=1):
        return not self.strict or all(at in self.registers for at in range(address, address + count))

    def getValues(self, address, count=1):  # pylint: disable=invalid-name
        return [self.registers.get(at, 0xDEAD) for at in range(address, address + count)]


async def serve(port, units):
    context = ModbusServerContext({unit: ModbusSlaveContext(
        ir=Table(tables["input"], strict), hr=Table(tables["holding"], strict), zero_mode=True)
        for unit, (tables, strict) in units.items()}, single=False)
    await StartAsyncTcpServer(context, address=("127.0.0.1", port))


def same(got, wanted):
    if isinstance(wanted, float):
        return isinstance(got, (int, float)) and math.isclose(got, wanted, rel_tol=1e-12)
    return (int(got) if isinstance(wanted, int) and isinstance(got, str) else got) == wanted


def read_back(fieldweir, templates):
    """{template: {signal: (value got, value wanted)}}, once everything has been read."""
    port, units, wanted = free_port(), {}, {}
    configuration = "version: 1\ngateway: {id: test}\nuplinks: []\ndevices:\n"
    for unit, (name, template) in enumerate(templates.items(), 1):
        tables, wanted[name] = fill(template)
        units[unit] = (tables, template.get("max_gap") == 0)
        configuration += (f"  - name: d{unit}\n    template: {name}\n"
                          f"    modbus_tcp: {{host: 127.0.0.1, port: {port}, unit: {unit}}}\n")
    logging.disable(logging.CRITICAL)
    threading.Thread(target=lambda: asyncio.run(serve(port, units)), daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="fieldweir-templates-") as folder:
        config, socket = pathlib.Path(folder) / "gateway.yaml", f"{folder}/status"
        config.write_text(configuration + f"buffer: {{path: {folder}/journal.db}}\n")
        subprocess.run([fieldweir, "check", config], check=True, stdout=subprocess.DEVNULL)
        gateway = subprocess.Popen([fieldweir, "run", "--config", config, "--socket", socket], preexec_fn=end_with_parent)
        try:
            values = {}

            def complete():
                try:
                    status = status_of(socket)
                except (OSError, json.JSONDecodeError):
                    return False
                values.update({row["name"]: row for row in status["signals"]})
                return all(values.get(f"d{unit}.{signal}", {}).get("quality")
                           for unit, name in enumerate(templates, 1) for signal in wanted[name])
            wait_for(complete, 30, "a reading of every signal")
        finally:
            gateway.terminate()
            gateway.wait()
    return {name: {signal: (values[f"d{unit}.{signal}"], value) for signal, value in wanted[name].items()}
            for unit, name in enumerate(templates, 1)}


def main(fieldweir, share):
    share = pathlib.Path(share)
    schema = json.loads((share / "schema.json").read_text())
    files = sorted(share.glob("*/*.yaml"))
    templates = {f"{file.parent.name}/{file.stem}": yaml.safe_load(file.read_text()) for file in files}
    failures = [] if len(templates) >= 6 else [f"only {len(templates)} templates in {share}"]
    for name, template in templates.items():
        for problem in jsonschema.Draft7Validator(schema).iter_errors(template):
            failures.append(f"{name}: {'/'.join(map(str, problem.path))}: {problem.message}")
    for name, signals in read_back(fieldweir, templates).items():
        wrong = [f"{name} {signal}: got {got['value']!r} ({got['quality']} {got.get('reason', '')}), wanted {value!r}"
                 for signal, (got, value) in signals.items() if got["quality"] != "good" or not same(got["value"], value)]
        print(f"{name}: {len(signals) - len(wrong)} of {len(signals)} signals read back", flush=True)
        failures += wrong
    print(*failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
