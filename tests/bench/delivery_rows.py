"""The rows of bench.py about what an outage leaves: a backlog that drains beside live readings and over a slow link, and a
start on a large journal. The journals come from journal_bench, so nobody waits a day for them."""
import contextlib
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from authority import Authority
from parts import PYTHON, SUPPORT, Parts, free_port, listening, status_of

DAY = 8_640_000  # readings at 100/s
GIBIBYTE = 110_000_000  # readings of random numbers: so many fill it
DELAY, RATE = 0.15, 500_000  # of the slow link: seconds each way, bytes per second


def config(folder, uplink, brokers=""):
    return f"""version: 1
gateway: {{id: bench}}
{brokers}
devices:
  - name: live
    simulate: {{interval: 1s, seed: 7}}
    signals: [{{name: value, wave: sine, mean: 60, amplitude: 5, period: 10m, noise: 0.3}}]
batch: {{every: 1s}}
buffer: {{path: "{folder}/journal.db", max_size: 2GiB}}
uplinks:
  - name: cloud
    {uplink}
"""


def over_mqtt(folder, port):
    return config(folder, 'mqtt: {broker: far, topic: "bench/{lane}", qos: 1}',
                  f'brokers:\n  far: {{url: "mqtt://127.0.0.1:{port}"}}')


def over_https(folder, port, more=""):
    return config(folder, f'https: {{url: "http://127.0.0.1:{port}/", batches: 50}}{more}')


def over_tls(folder, port):
    return config(folder, f'https: {{url: "https://127.0.0.1:{port}/", ca: "{folder}/authority/ca.pem", batches: 50}}')


def start_tls_sink(parts, folder):
    """Its port; its certificate is signed by the authority that over_tls() trusts."""
    authority, port = Authority(pathlib.Path(folder, "authority")), free_port()
    parts.start("tls sink", [PYTHON, str(SUPPORT / "http_sink.py"), "--port", str(port), "--record", f"{folder}/taken.jsonl",
                             "--cert", authority.path("good0") + ".pem", "--key", authority.path("good0") + ".key"])
    until(lambda: listening(port), 10)
    return port


def figures_of(command):
    out = subprocess.run(command, check=True, text=True, capture_output=True).stdout
    return {name: int(figure) for name, figure in (pair.split("=") for pair in out.split())}


class Backlog:
    """A journal that is filled once and copied for each run."""

    def __init__(self, program, readings, data="plant"):
        self.folder = tempfile.TemporaryDirectory()
        self.path = f"{self.folder.name}/journal.db"
        self.stored = figures_of([program, "fill", self.path, "cloud", str(readings), data])

    def copy_to(self, folder):
        shutil.copy(self.path, folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()


def uplink_of(path):
    """What the ledger says of the only uplink; None while nobody answers."""
    with contextlib.suppress(OSError, ValueError):
        return status_of(path)["ledger"]["uplinks"][0]
    return None


def until(condition, longest):
    end = time.monotonic() + longest
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError("not reached in time")
        time.sleep(0.02)
    return found


def drain_rows(bench, backlog, cpu_nanoseconds, memory_kilobytes):
    with Parts(modbus=False, sink=False) as parts, tempfile.TemporaryDirectory() as folder:
        backlog.copy_to(folder)
        with bench.gateway(over_mqtt(folder, parts.broker_port), folder) as (process, path):
            first = until(lambda: uplink_of(path), 10)
            begin, cpu, (rss, _) = time.monotonic(), cpu_nanoseconds(process.pid), memory_kilobytes(process.pid)
            last, largest = first, rss
            while last["queued"] > 1000 and time.monotonic() - begin < 120:
                time.sleep(0.1)
                last, largest = uplink_of(path), max(largest, memory_kilobytes(process.pid)[0])
            took, cpu = time.monotonic() - begin, cpu_nanoseconds(process.pid) - cpu
            readings = last["delivered"] - first["delivered"]
    bench.row("draining to a local broker, per reading", took * 1e6 / readings, "us", 2, f"{readings} readings in {took:.1f} s")
    bench.row("  CPU of it", cpu / 1000 / readings, "us")
    bench.row("  RSS growth", (largest - rss) / 1024, "MB", 8)


def live_rows(bench, backlog):
    """How late live readings are at the far end while the backlog drains."""
    with Parts(modbus=False, broker=False) as parts, tempfile.TemporaryDirectory() as folder:
        backlog.copy_to(folder)
        with bench.gateway(over_https(folder, parts.sink_port, "\n    order: live_first"), folder) as (_, path):
            until(lambda: uplink_of(path), 10)
            time.sleep(bench.seconds / 2)
            left = uplink_of(path)["queued"]
        late = []
        for line in parts.record.read_text().splitlines():
            request = json.loads(line)
            late += [request["time"] - reading["ts"] / 1000 for batch in request["body"].splitlines()
                     for reading in json.loads(batch)["readings"] if reading.get("signal") == "live.value"]
    bench.row("live_first: latest live reading beside a backlog", max(late), "s", 2,
              f"{len(late)} live readings, {left} still queued")


@contextlib.contextmanager
def slow_link(far_port):
    """(port, a function that says how many bytes were carried)"""
    script = pathlib.Path(__file__).parent / "slow_link.py"
    process = subprocess.Popen([PYTHON, script, str(far_port), str(DELAY), str(RATE)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)

    def carried():
        process.stdin.write("\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    try:
        yield int(process.stdout.readline()), carried
    finally:
        process.kill()
        process.wait()


def slow_link_rows(bench, backlog):
    for kind, configure in (("MQTT", over_mqtt), ("HTTPS", over_tls)):
        with Parts(modbus=False, sink=False) as parts, tempfile.TemporaryDirectory() as folder, \
                slow_link(parts.broker_port if kind == "MQTT" else start_tls_sink(parts, folder)) as (port, carried):
            backlog.copy_to(folder)
            with bench.gateway(configure(folder, port), folder) as (_, path):
                until(lambda: (uplink_of(path) or {"delivered": 0})["delivered"] > 0, 20)
                begin, bytes_before = time.monotonic(), carried()
                time.sleep(bench.seconds / 2)
                rate = (carried() - bytes_before) / (time.monotonic() - begin)
        bench.row(f"share of a link of {1000 * 2 * DELAY:.0f} ms round trip left unused, {kind}", 1 - rate / RATE, "", 0.5,
                  f"{rate / 1000:.0f} of {RATE / 1000:.0f} kB/s")


def start_rows(bench, backlog):
    with Parts(modbus=False) as parts, tempfile.TemporaryDirectory() as folder:
        backlog.copy_to(folder)
        size = pathlib.Path(folder, "journal.db").stat().st_size
        begin = time.monotonic()
        with bench.gateway(over_mqtt(folder, parts.broker_port), folder) as (process, path):
            until(lambda: (uplink_of(path) or {"delivered": 0})["delivered"] > 0, 30)
            bench.row("start to first delivery, large journal", time.monotonic() - begin, "s", 1, f"{size >> 20} MiB")
            parts.processes["mosquitto"].send_signal(signal.SIGSTOP)
            time.sleep(1)
            begin = time.monotonic()
            process.terminate()
            process.wait(30)
            bench.row("SIGTERM to exit, broker frozen", time.monotonic() - begin, "s", 5, f"exit status {process.returncode}")


def store_row(bench, backlog, program):
    """What one reading costs on its way through the journal: encoded, stored, committed; read, decoded."""
    read = figures_of([program, "read", backlog.path, "cloud"])
    store = backlog.stored["cpu_ns"] / backlog.stored["readings"]
    back = read["cpu_ns"] / read["readings"]
    bench.row("CPU to store and read back a reading", (store + back) / 1000, "us", 0.3,
              f"{store:.0f} + {back:.0f} ns, 100 readings a batch")
