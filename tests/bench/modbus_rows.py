"""The Modbus rows of bench.py. The server is modbus_bench in a process of its own: pymodbus would be slower than what is
measured."""
import contextlib
import subprocess
import tempfile
import time

READS = 20000
DEVICES = 100
REGISTERS = 100


@contextlib.contextmanager
def served(program, devices):
    """The port of `devices` servers, one per loopback address from 127.0.0.1 on."""
    process = subprocess.Popen([program, "serve", str(devices)], stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline().strip().removeprefix("port="))
    finally:
        process.kill()
        process.wait()


def nanoseconds_per_read(program, mode, port):
    out = subprocess.run([program, mode, str(port), str(READS)], check=True, text=True, capture_output=True).stdout
    figures = dict(pair.split("=") for pair in out.split())
    return int(figures["cpu_ns"]) / int(figures["reads"])


def read_rows(bench, program):
    """CPU of one read of 125 registers: floor and driver in turn, the least of each."""
    with served(program, 1) as port:
        rounds = [(nanoseconds_per_read(program, "raw", port), nanoseconds_per_read(program, "driver", port))
                  for _ in range(5)]
    floor = min(floor for floor, _ in rounds)
    ours = min(ours for _, ours in rounds)
    bench.row("CPU per Modbus read of 125 registers", ours / 1000, "us", None, f"libmodbus loop {floor / 1000:.3g} us")
    bench.row("  ratio to the libmodbus loop", ours / floor, "x", 1.3)


def many_config(folder, port, devices):
    signals = "\n".join(f"      - {{name: r{a}, table: holding, address: {a}, type: uint16}}" for a in range(REGISTERS))
    sections = "".join(f"""  - name: plc{device}
    modbus_tcp: {{host: 127.0.0.{1 + device}, port: {port}}}
    poll: {{all: 1s}}
    signals:
{signals}
""" for device in range(devices))
    return f"""version: 1
gateway: {{id: bench}}
limits: {{memory: 128MiB}}
devices:
{sections}
buffer: {{path: "{folder}/journal.db"}}
uplinks: []
"""


def many_rows(bench, program, cpu_nanoseconds, memory_kilobytes, status_of, wait_for):
    """100 TCP devices x 100 registers every second on one process."""
    resident = {}
    for devices in (1, DEVICES):
        with served(program, devices) as port, tempfile.TemporaryDirectory() as folder, \
                bench.gateway(many_config(folder, port, devices), folder) as (process, path):
            wait_for(lambda: all(d["state"] == "online" for d in status_of(path)["devices"]), 30)
            time.sleep(2)
            before, cpu, start = counts(status_of(path)), cpu_nanoseconds(process.pid), time.monotonic()
            time.sleep(bench.seconds)
            after, cpu = counts(status_of(path)), cpu_nanoseconds(process.pid) - cpu
            seconds = time.monotonic() - start
            resident[devices] = memory_kilobytes(process.pid)[0]
    polls, skipped = (after[i] - before[i] for i in range(2))
    bench.row("100 devices x 100 registers at 1 s: skipped polls", skipped, "polls", 0, f"{polls} polls made")
    bench.row("  polls missing of one a second", max(0.0, 1 - polls / (DEVICES * seconds)) * 100, "%", 2)
    bench.row("  CPU of one core", cpu / seconds / 1e7, "%", 10)
    bench.row("  resident per bus", (resident[DEVICES] - resident[1]) / (DEVICES - 1), "KiB", 64)


def counts(status):
    return sum(d["polls"] for d in status["devices"]), sum(d["skipped"] for d in status["devices"])
