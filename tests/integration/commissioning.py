#!/usr/bin/python3
"""The commands for somebody in front of a device, against parts that are not ours: pymodbus as server and client, over TCP and
over a serial line (a pty pair of socat), mbpoll and npm's modbus-serial.

usage: commissioning.py FIELDWEIR BUILD [WORD ...]     all cases, or those with one of these words in their name

BUILD is a folder to install modbus-serial into. Exit status 0 only if all cases passed.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.transaction import ModbusRtuFramer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from modbus_server import HOLDING, INPUT, pattern  # noqa: E402
from parts import PYTHON, SUPPORT, end_with_parent, free_port, listening, node_modules, status_of, wait_for  # noqa: E402

SITE = """version: 1
gateway: {id: site}
devices:
  - name: boiler
    modbus_tcp: {host: 127.0.0.1, port: $boiler, unit: 3, timeout: 2s}
    poll: {fast: 200ms}
    signals:
      - {name: temp, table: input, address: 100, type: int16, scale: 0.1, unit: "°C"}
      - {name: flow, table: input, address: 110, type: float32, word_order: little}
      - {name: energy, table: holding, address: 200, type: uint64}
      - {name: state, table: holding, address: 5, type: uint16, enum: {0: "off", 1: heating, 2: fault}}
      - {name: serial, table: holding, address: 900, type: string, length: 6}
      - {name: alarm, table: discrete, address: 12}
      - {name: pump, table: coil, address: 7, write: {}}
      - {name: setpoint, table: holding, address: 50, type: int16, scale: 0.1, write: {min: 20, max: 85}}
  - name: neighbour
    modbus_tcp: {host: 127.0.0.1, port: $boiler, unit: 4, timeout: 2s}
    poll: {fast: 200ms}
    signals:
      - {name: temp, table: input, address: 0, type: int16}
  - name: behind
    modbus_tcp: {host: 127.0.0.1, port: $behind, unit: 1, framing: rtu, timeout: 2s}
    poll: {fast: 200ms}
    signals:
      - {name: temp, table: input, address: 0, type: int16}
  - name: meter
    modbus_rtu: {port: "$meter", baud: 9600, format: 8E1, unit: 9, timeout: 2s}
    poll: {fast: 500ms}
    signals:
      - {name: volts, table: holding, address: 0, type: float32}
      - {name: limit, table: holding, address: 40, type: uint16, write: {min: 1, max: 9}}
buffer: {path: "$folder/journal.db"}
uplinks: []
"""


def check(truth, what):
    if not truth:
        raise AssertionError(what)


def has(text, *pieces):
    for piece in pieces:
        check(piece in text, f"{piece!r} is not in:\n{text}")


class Bench:
    """What a case runs beside the command; everything ends with the `with` block."""

    def __init__(self, fieldweir, build):
        self.fieldweir, self.build = fieldweir, pathlib.Path(build)
        self.processes = []

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fieldweir-commissioning-"))
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *command, **options):
        process = subprocess.Popen([str(word) for word in command], stdin=options.pop("stdin", subprocess.DEVNULL),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=end_with_parent, **options)
        self.processes.append(process)
        return process

    def server(self, place=0):
        """pymodbus with units 1 to 3; its port."""
        said = self.start(PYTHON, SUPPORT / "modbus_server.py", place, 3).stdout.readline().split()
        check(said[:1] == ["ready"], f"the server said {said}")
        return said[1]

    def line(self):
        """A serial line: the names of its two ends."""
        ends = [self.folder / "near", self.folder / "far"]
        self.start("socat", *(f"pty,raw,echo=0,link={end}" for end in ends))
        wait_for(lambda: all(end.exists() for end in ends), 10, "the serial line")
        return [str(end) for end in ends]

    def run(self, *words, status=0, stdin=""):
        """(stdout, stderr) of the command, which must exit with `status`."""
        done = subprocess.run([self.fieldweir, *(str(word) for word in words)], input=stdin, capture_output=True, text=True,
                              timeout=60, preexec_fn=end_with_parent)
        check(done.returncode == status, f"{words}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout, done.stderr

    def good_file(self, text):
        path = self.folder / "stub.yaml"
        path.write_text(text)
        return self.run("check", path)[0]

    def simulate(self, **options):
        """Serves SITE; {device: where it can be reached}."""
        self.config = self.folder / "site.yaml"
        values = {"boiler": 1, "behind": 2, "meter": "/dev/no-such-port", "folder": self.folder, **options}
        self.config.write_text(re.sub(r"\$(\w+)", lambda name: str(values[name[1]]), SITE))
        simulation = self.start(self.fieldweir, "simulate", self.config, "--listen", "127.0.0.1:0")
        places = {}
        for line in simulation.stdout:
            words = line.split()
            if words[:1] == ["Ctrl-C"]:
                return places
            places[words[0]] = words[2]
        raise AssertionError(f"the simulation ended: {simulation.wait()}")


def row(text, *start):
    """The words of the line that starts with these."""
    for line in text.splitlines():
        if line.split()[:len(start)] == [str(word) for word in start]:
            return line.split()
    raise AssertionError(f"no line starts with {start}:\n{text}")


# --- read, scan and guess against pymodbus, over TCP and over a serial line

def read_cases(bench, address):
    said = bench.run("read", *address, "--unit", 2, "holding", 17, "--count", 3)[0]
    for at in (17, 18, 19):
        check(row(said, at)[1:3] == [str(40001 + at), str(pattern(HOLDING, 2, at))], said)
    said = bench.run("read", *address, "holding", 40018, "--addressing", "modicon")[0]
    check(row(said, 17)[2] == str(pattern(HOLDING, 1, 17)), said)
    said = bench.run("read", *address, "input", 110, "--as", "all")[0]
    flow = float(row(said, 110, 30111, "float32", "little", "big")[5])
    check(2.0 <= flow <= 3.0, said)
    said = bench.run("read", *address, "input", 110, "--as", "float32", "--word-order", "little")[0]
    check(2.0 <= float(row(said, "value0")[5]) <= 3.0, said)
    said = bench.run("read", *address, "input", 100, "--as", "int16", "--scale", 0.1, "--count", 2)[0]
    check(55 <= float(row(said, "value0")[5]) <= 65 and 42 <= float(row(said, "value1")[5]) <= 48, said)
    said = bench.run("read", *address, "coil", 0, "--count", 3)[0]
    check([row(said, at)[2] for at in range(3)] == ["false", "false", "true"], said)
    has(bench.run("read", *address, "holding", 500, status=1)[1], "illegal data address", "try 499", "try input")
    has(bench.run("read", *address, "holding", 998, "--as", "all")[0], "uint32")  # only 2 registers are left


def scan_cases(bench, address):
    said = bench.run("scan", *address, "--units", "1..5", "--pause", 1, "--timeout", "300ms")[0]
    check([line.split()[1] for line in said.splitlines()] == ["1", "2", "3"], said)
    stub, progress = bench.run("scan", *address, "--unit", 3, "--range", "400..1100", "--pause", 1)
    has(progress, "at most")
    has(stub, "# vendor name: Test Works", "# 100 holding registers: 400 to 499 (40401 to 40500)",
        "# 499 holding registers: 501 to 999 (40502 to 41000)", "# 600 input registers: 400 to 999", "# 600 coils: 400 to 999",
        f"address: 400, type: uint16}}  # was {pattern(INPUT, 3, 400)}", "unit: 3")
    has(bench.good_file(stub), "ok, 1 device")


def guess_cases(bench, address):
    value = pattern(HOLDING, 1, 17) / 100
    said = bench.run("guess", *address, "holding", "0..120", value)[0]
    first = said.splitlines()[1]
    has(first, "40018", "- {name: value, table: holding, address: 17, type: uint16, scale: 0.01}")
    now = int(time.time()) & 0xFFFF
    said, asked = bench.run("guess", *address, "holding", "299..305", now, "--tolerance", 3, "--then", now + 1, stdin="\n")
    has(asked, f"Enter when it shows {now + 1}")
    has(said, "address: 300, type: uint16}")
    has(bench.run("guess", *address, "holding", "0..20", 12.3456, status=1)[1], "no register there gives that value")
    has(bench.run("guess", *address, "holding", "0..20", 0, status=2)[1], "0 is everywhere")
    has(bench.run("guess", *address, "holding", "500..500", 5, status=1)[1], "nothing can be read there")


def case_over_tcp(bench):
    address = [f"127.0.0.1:{bench.server()}"]
    for part in (read_cases, scan_cases, guess_cases):
        part(bench, address)


def case_over_a_serial_line(bench):
    near, far = bench.line()
    bench.server(far)
    address = [near, "--baud", 115200, "--format", "8N1"]
    for part in (read_cases, scan_cases, guess_cases):
        part(bench, address)


def case_a_serial_port_has_one_user(bench):
    near, far = bench.line()
    bench.server(far)
    address = [near, "--baud", 115200, "--format", "8N1"]
    watching = bench.start(bench.fieldweir, "read", *address, "holding", 1, "--watch", 0.2)
    check("address" in watching.stdout.readline(), "the first program reads")
    for command in (["scan"], ["scan", "--unit", "1"], ["read", "holding", "1"], ["guess", "holding", "1..2", "5"]):
        said = bench.run(command[0], address[0], *command[1:], *address[1:], status=1)[1]
        check("another program" in said or "in use" in said, said)
    watching.send_signal(signal.SIGINT)
    check(watching.wait(10) == 0, "Ctrl-C is the usual end of watching")
    bench.run("read", *address, "holding", 1)


def case_watch_marks_what_changed(bench):
    said = bench.run("read", f"127.0.0.1:{bench.server()}", "holding", 202, "--count", 3, "--watch", 0.3, "--seconds", 1)[0]
    marked = [line for line in said.splitlines() if line.endswith("*")]
    # milliseconds since 1970: the low word changes, the one before it once a minute; the next register stands still
    check(any(line.startswith("203 ") for line in marked) and
          all(line.startswith(("202 ", "203 ")) for line in marked), said)


def case_mistakes_name_their_mend(bench):
    port = bench.server()
    address = f"127.0.0.1:{port}"
    has(bench.run("read", address, "holdin", 1, status=2)[1], "did you mean 'holding'")
    has(bench.run("read", address, "holding", 1, "--as", "floot", status=2)[1], "float32")
    has(bench.run("read", address, "holding", 70000, status=2)[1], "no address")
    has(bench.run("read", address, "holding", "x", status=2)[1], "0x64")
    has(bench.run("read", address, "holding", 1, "--count", 126, status=2)[1], "125")
    has(bench.run("read", address, status=2)[1], "holding 100")
    has(bench.run("read", address, "--unit", 300, "holding", 1, status=2)[1], "300")
    has(bench.run("read", f"127.0.0.1:{free_port()}", "holding", 1, status=1)[1], "refused")
    has(bench.run("read", "no-such-host.invalid", "holding", 1, status=1)[1], "no-such-host.invalid")
    has(bench.run("read", "/dev/no-such-port", "--baud", 9600, "--format", "8E1", "holding", 1, status=1)[1], "/dev/no-such-port")
    has(bench.run("read", "/dev/no-such-port", "holding", 1, status=2)[1], "baud")
    has(bench.run("read", address, "--unit", 9, "--timeout", "200ms", "holding", 1, status=1)[1], "--unit")
    has(bench.run("scan", address, "--units", "7..8", "--timeout", "200ms", status=1)[1], "nobody answers")
    config = bench.folder / "site.yaml"
    config.write_text("version: 1\ndevices: []\n")
    has(bench.run("read", "--config", config, "--device", "boiler", "holding", 1, status=78)[1], "site.yaml:2")
    bench.run("simulate", config, status=78)
    has(bench.run("simulate", bench.folder / "none.yaml", status=78)[1], "none.yaml")


# --- simulate, read by others

def case_simulate_is_read_by_pymodbus(bench):
    places = bench.simulate()
    with contextlib.closing(ModbusTcpClient("127.0.0.1", port=int(places["boiler"].split(":")[1]))) as client:
        check(client.connect(), "connected")
        check(100 <= client.read_input_registers(100, 1, slave=3).registers[0] <= 900, "temp")
        check(len(client.read_holding_registers(200, 4, slave=3).registers) == 4, "energy")
        check(client.read_input_registers(0, 1, slave=4).registers, "the other unit")
        check(client.read_holding_registers(51, 1, slave=3).exception_code == 2, "what is not mapped is refused")
        check(client.read_input_registers(0, 1, slave=7).exception_code == 11, "nobody is there")
        check(not client.write_register(50, 425, slave=3).isError(), "written")
        check(not client.write_coils(7, [True], slave=3).isError(), "written")
        time.sleep(0.5)  # longer than the registers take to move
        check(client.read_holding_registers(50, 1, slave=3).registers == [425], "what is written stays")
        check(client.read_coils(7, 1, slave=3).bits[0], "what is written stays")
        check(client.write_register(51, 1, slave=3).exception_code == 2, "what is not mapped is not written")
    with contextlib.closing(ModbusSerialClient(places["meter"], framer=ModbusRtuFramer, baudrate=9600)) as client:
        check(client.connect(), "connected")
        check(len(client.read_holding_registers(0, 2, slave=9).registers) == 2, "volts")
        check(not client.write_register(40, 7, slave=9).isError(), "written")
        check(client.read_holding_registers(40, 1, slave=9).registers == [7], "what is written stays")
        check(client.read_holding_registers(2, 1, slave=9).exception_code == 2, "what is not mapped is refused")


def case_simulate_is_read_by_mbpoll(bench):
    places = bench.simulate()

    def mbpoll(*words):
        done = subprocess.run(["mbpoll", "-1", "-q", *(str(word) for word in words)], capture_output=True, text=True, timeout=30)
        return done.stdout + done.stderr

    said = mbpoll("-m", "tcp", "-p", places["boiler"].split(":")[1], "-a", 3, "-t", 3, "-r", 101, "-c", 1, "127.0.0.1")
    check(100 <= int(re.search(r"\[101\]:\s+(\d+)", said)[1]) <= 900, said)
    has(mbpoll("-m", "tcp", "-p", places["boiler"].split(":")[1], "-a", 3, "-t", 3, "-r", 1, "-c", 1, "127.0.0.1"), "Illegal data address")
    said = mbpoll("-m", "rtu", "-b", 9600, "-P", "none", "-a", 9, "-t", "4:float", "-B", "-r", 1, "-c", 1, places["meter"])
    check(10 <= float(re.search(r"\[1\]:\s+([\d.]+)", said)[1]) <= 90, said)


def case_simulate_is_read_by_our_own_commands_and_daemon(bench):
    first = bench.simulate()
    ports = {name: place.split(":")[-1] for name, place in first.items()}
    # the configuration again, with the places where the simulation is
    values = {"boiler": ports["boiler"], "behind": ports["behind"], "meter": first["meter"], "folder": bench.folder}
    config = bench.folder / "gateway.yaml"
    config.write_text(re.sub(r"\$(\w+)", lambda name: str(values[name[1]]), SITE))
    said = bench.run("read", "--config", config, "--device", "boiler")[0]
    check(10 <= float(row(said, "temp")[5]) <= 90, said)
    check(row(said, "serial")[5] == "serial" and row(said, "state")[5] in ("off", "heating", "fault"), said)
    said = bench.run("read", "--config", config, "--device", "behind", "input", 0)[0]
    check(100 <= int(row(said, 0)[2]) <= 900, said)
    bench.run("read", "--config", config, "--device", "meter", "holding", 0, "--as", "float32")
    has(bench.run("scan", "--config", config, "--device", "behind", "--range", "0..9", "--pause", 1)[0], "framing: rtu", "input_0")

    socket = str(bench.folder / "status.sock")
    bench.start(bench.fieldweir, "run", "--config", config, "--socket", socket)

    def signals():
        try:
            return {signal["name"]: signal for signal in status_of(socket)["signals"]}
        except (OSError, ValueError):
            return {}

    def good():
        now = signals()
        return now and all(signal.get("quality") == "good" for signal in now.values())
    try:
        wait_for(good, 20, "every signal is good")
    except TimeoutError as late:
        raise AssertionError({name: one for name, one in signals().items() if one.get("quality") != "good"}) from late
    said = bench.run("read", "--config", config, "--device", "meter", "holding", 0, status=1)[1]
    check("another program" in said or "in use" in said, said)  # the daemon has the port


def case_npm_modbus_serial_both_ways(bench):
    modules, why = node_modules(bench.build, "modbus-serial@8")
    if modules is None:
        return f"skipped: {why}"
    node = {**os.environ, "NODE_PATH": str(modules)}
    port = free_port()
    bench.start("node", SUPPORT / "modbus_serial.js", "serve", port, env=node)
    wait_for(lambda: listening(port), 20, "modbus-serial listens")
    said = bench.run("read", f"127.0.0.1:{port}", "holding", 10, "--count", 2)[0]
    check(row(said, 10)[2] == "1010" and row(said, 11)[2] == "1011", said)
    has(bench.run("read", f"127.0.0.1:{port}", "holding", 150, status=1)[1], "illegal data address")
    stub = bench.run("scan", f"127.0.0.1:{port}", "--unit", 1, "--range", "0..300", "--table", "holding", "--pause", 1)[0]
    has(stub, "# 100 holding registers: 0 to 99")
    place = bench.simulate()["boiler"].split(":")[1]
    done = subprocess.run(["node", SUPPORT / "modbus_serial.js", "read", place, "3", "100"], capture_output=True, text=True, env=node,
                          timeout=30)
    check(done.returncode == 0 and 100 <= int(done.stdout) <= 900, done.stdout + done.stderr)
    return None


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    fieldweir, build, words = sys.argv[1], sys.argv[2], sys.argv[3:]
    cases = {name.removeprefix("case_"): function for name, function in globals().items() if name.startswith("case_")}
    results = {}

    def run(name, function):
        begun = time.monotonic()
        try:
            with Bench(fieldweir, build) as bench:
                said = function(bench)
            results[name] = True
        except Exception:  # whatever it is, it is the case's result
            said, results[name] = traceback.format_exc(), False
        print(f"{'ok    ' if results[name] else 'FAILED'} {time.monotonic() - begun:5.1f} s  {name}", said or "", flush=True)

    threads = [threading.Thread(target=run, args=item) for item in cases.items() if not words or any(word in item[0] for word in words)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{sum(results.values())} of {len(threads)} cases passed")
    return 0 if threads and len(results) == len(threads) and all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
