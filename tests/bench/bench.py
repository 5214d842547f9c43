#!/usr/bin/python3
"""Prints one table of what the gateway costs, each row beside its limit and, where there is one, beside the floor:
tests/bench/floor.cc, the least program that does the same job, run for the same time on the same machine.

CPU is the sum of all threads' run time in nanoseconds (/proc/PID/task/*/schedstat); device bytes are the sectors that the
kernel wrote to a loop-mounted ext4. Judge ratios and counts, not seconds: machines differ and are shared.
Exit status 1 if a row is over its limit. `--only NAME` runs one row; `--quick` shortens every run (figures are rougher).
"""
import argparse
import contextlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "support"))
import delivery_rows  # noqa: E402
import modbus_rows  # noqa: E402
from parts import Parts, status_of  # noqa: E402

UNITS = 10
REGISTERS = 100


def registers_config(parts, folder, persist_after, seconds_per_poll="100ms", uplink=True, extra=""):
    """10 units x 100 registers, the shape of the floor program."""
    devices = []
    for unit in range(1, UNITS + 1):
        signals = "\n".join(
            f"      - {{name: r{a}, table: holding, address: {a}, type: uint16, scale: 0.1, poll: all}}"
            for a in range(REGISTERS))
        devices.append(f"""  - name: unit{unit}
    modbus_tcp: {{host: 127.0.0.1, port: {parts.modbus_port}, unit: {unit}}}
    addressing: zero_based
    poll: {{all: {seconds_per_poll}}}
    signals:
{signals}
""")
    return f"""version: 1
gateway: {{id: bench}}
brokers:
  far: {{url: "mqtt://127.0.0.1:{parts.broker_port}"}}
devices:
{''.join(devices)}
batch: {{every: 1s, rows: 500, bytes: 256KiB}}
buffer: {{path: "{folder}/journal.db", persist_after: {persist_after}{extra}}}
uplinks:
  - name: cloud
    mqtt: {{broker: far, topic: "bench/{{lane}}", qos: 1}}
"""


def simulated_config(parts, folder, signals, interval, commit_every, quota):
    """`signals` values every `interval`, for an uplink that is not there."""
    rows = "\n".join(
        f"      - {{name: s{i}, wave: sine, mean: 60, amplitude: 5, period: 10m, noise: 0.3}}" for i in range(signals))
    return f"""version: 1
gateway: {{id: bench}}
brokers:
  far: {{url: "mqtt://127.0.0.1:{parts.unused_port}"}}
  site: {{url: "mqtt://127.0.0.1:{parts.broker_port}"}}
devices:
  - name: burst
    mqtt: {{broker: site, topic: burst}}
    signals: [{{name: value, type: float64}}]
  - name: plant
    simulate: {{interval: {interval}, seed: 7}}
    signals:
{rows}
batch: {{every: 1s}}
buffer: {{path: "{folder}/journal.db", max_size: {quota}MiB, persist_after: 1s, commit: {{every: {commit_every}}}}}
uplinks:
  - name: cloud
    mqtt: {{broker: far, topic: "bench/{{lane}}", qos: 1}}
"""


def durable_config(parts, folder):
    return f"""version: 1
gateway: {{id: bench}}
brokers:
  far: {{url: "mqtt://127.0.0.1:{parts.broker_port}"}}
devices:
  - name: plant
    simulate: {{interval: 2s, seed: 7}}
    signals: [{{name: value, wave: sine, mean: 60, amplitude: 5, period: 10m, noise: 0.3}}]
batch: {{every: 100ms}}
buffer: {{path: "{folder}/journal.db", max_size: 1MiB, durable: [telemetry]}}
uplinks:
  - name: cloud
    mqtt: {{broker: far, topic: "bench/{{lane}}", qos: 1}}
"""


def cpu_nanoseconds(pid):
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            total += int((task / "schedstat").read_text().split()[0])
    return total


def memory_kilobytes(pid):
    wanted = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        key, _, rest = line.partition(":")
        if key in ("VmRSS", "RssAnon"):
            wanted[key] = int(rest.split()[0])
    return wanted["VmRSS"], wanted["RssAnon"]


class Bench:
    def __init__(self, build, quick):
        self.fieldweir = build / "daemon" / "fieldweir"
        self.floor = build / "tests" / "bench" / "floor"
        self.codec = build / "tests" / "bench" / "codec_bench"
        self.modbus = build / "tests" / "bench" / "modbus_bench"
        self.journal = build / "tests" / "bench" / "journal_bench"
        self.seconds = 10 if quick else 30
        self.rows = []

    def row(self, name, figure, unit, limit=None, note=""):
        good = limit is None or figure <= limit
        self.rows.append((name, figure, unit, limit, good, note))
        shown = "" if limit is None else f"  at most {limit:g}"
        print(f"{'ok  ' if good else 'OVER'}  {name:<52} {figure:>10.3g} {unit:<14}{shown:<16}{note}", flush=True)

    @contextlib.contextmanager
    def gateway(self, config, folder):
        path = pathlib.Path(folder) / "bench.yaml"
        path.write_text(config)
        socket_path = str(pathlib.Path(folder) / "status.sock")
        with open(pathlib.Path(folder) / "gateway.log", "ab") as log:
            process = subprocess.Popen([self.fieldweir, "run", "--config", path, "--socket", socket_path],
                                       stderr=log, env={**os.environ, "MALLOC_ARENA_MAX": "2"})
        try:
            yield process, socket_path
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()

    def measure_cpu(self, persist_after):
        """CPU ns per delivered reading of the running gateway."""
        with Parts(modbus_units=UNITS) as parts, tempfile.TemporaryDirectory() as folder, \
                self.gateway(registers_config(parts, folder, persist_after), folder) as (process, path):
            wait_delivered(path, 5000)
            readings, cpu = delivered(path), cpu_nanoseconds(process.pid)
            time.sleep(self.seconds / 2)
            readings, cpu = delivered(path) - readings, cpu_nanoseconds(process.pid) - cpu
            commits = status_of(path)["buffer"]["commits"]
            return cpu / readings, readings / (self.seconds / 2), commits

    def measure_floor(self, stored):
        with Parts(modbus_units=UNITS) as parts, tempfile.TemporaryDirectory() as folder:
            command = [self.floor, str(parts.modbus_port), str(parts.broker_port), str(self.seconds // 2)]
            out = subprocess.run(command + ([f"{folder}/floor.db"] if stored else []), check=True, text=True,
                                 capture_output=True).stdout
            figures = dict(pair.split("=") for pair in out.split())
            return int(figures["cpu_ns"]) / int(figures["readings"])

    def cpu(self):
        # floor and gateway in turn, the least of each: what another tenant of the machine adds is not ours
        for name, persist_after, stored in (("healthy", "1s", False), ("always stored", "0s", True)):
            rounds = [(self.measure_floor(stored), self.measure_cpu(persist_after)) for _ in range(3)]
            floor = min(floor for floor, _ in rounds)
            ours, rate, commits = min(measured for _, measured in rounds)
            self.row(f"CPU per reading, {name}", ours / 1000, "us", None,
                     f"floor {floor / 1000:.3g} us, {rate:.0f} readings/s, {commits} commits")
            self.row(f"  ratio to the floor {'with' if stored else 'without'} SQLite", ours / floor, "x", 1.5)

    def memory(self):
        with Parts(modbus_units=UNITS) as parts, tempfile.TemporaryDirectory() as folder, \
                self.gateway(registers_config(parts, folder, "1s", "1s"), folder) as (process, path):
            wait_delivered(path, 5000)
            before, _ = memory_kilobytes(process.pid)
            time.sleep(self.seconds)
            rss, anonymous = memory_kilobytes(process.pid)
            self.row("RSS with 1,000 signals", rss / 1024, "MB", 15)
            self.row("  anonymous part", anonymous / 1024, "MB", 8)
            self.row("  growth over the run", (rss - before) / 1024, "MB", 0.25)
        with Parts(modbus=False, sink=False) as parts, tempfile.TemporaryDirectory() as folder, \
                self.gateway(durable_config(parts, folder), folder) as (process, path):
            wait_delivered(path, 5)
            time.sleep(self.seconds)
            self.row("RSS with one signal, to MQTT", memory_kilobytes(process.pid)[0] / 1024, "MB", 12)

    def start(self):
        with Parts(modbus_units=UNITS) as parts, tempfile.TemporaryDirectory() as folder:
            begin = time.monotonic()
            with self.gateway(registers_config(parts, folder, "1s"), folder) as (_, path):
                while True:
                    with contextlib.suppress(OSError):
                        if status_of(path)["ledger"]["sampled"] > 0:
                            break
                    if time.monotonic() - begin > 10:
                        break
                    time.sleep(0.005)
                self.row("start to first reading", time.monotonic() - begin, "s")

    def commits(self):
        with Parts(modbus_units=UNITS) as parts, tempfile.TemporaryDirectory() as folder, \
                self.gateway(registers_config(parts, folder, "1s", "1s"), folder) as (_, path):
            wait_delivered(path, 5000)
            before = status_of(path)["buffer"]["commits"]
            time.sleep(60)
            self.row("commits in 60 healthy seconds", status_of(path)["buffer"]["commits"] - before, "commits", 0)

    def device_bytes(self):
        # whole cycles of write-ahead log and checkpoint, some two minutes each: with commits every second those of a
        # usual journal, with commits every 10 s the shortest, those of the least quota (MiB)
        for commit_every, limit, quota in (("1s", 120, 8), ("10s", 55, 1)):
            with Parts() as parts, ext4() as (folder, device):
                if folder is None:
                    print("skip  device bytes: needs root and a loop device")
                    return
                config = simulated_config(parts, folder, 100, "1s", commit_every, quota)
                with self.gateway(config, folder) as (_, path):
                    wait_for(lambda: status_of(path)["buffer"]["commits"] > 0, 60)
                    growing, few = bytes_per_reading(path, folder, device, lambda: time.sleep(3 * self.seconds))
                    grow_log(parts, path, f"{folder}/journal.db-wal", quota << 17)
                    wait_for_checkpoint(f"{folder}/journal.db")

                    def cycles():
                        time.sleep(5 * self.seconds)
                        wait_for_checkpoint(f"{folder}/journal.db")
                    lasting, many = bytes_per_reading(path, folder, device, cycles)
                self.row(f"device bytes per reading, outage, {commit_every} commits", lasting, "B", limit,
                         f"{many} readings")
                self.row("  while a new journal's log grows", growing, "B", None, f"{few} readings")

    def durable_commit(self):
        """A batch of a durable lane every other second, while its destination takes everything."""
        with Parts(modbus=False, sink=False) as parts, ext4() as (folder, device):
            if folder is None:
                print("skip  device bytes of a durable commit: needs root and a loop device")
                return
            with self.gateway(durable_config(parts, folder), folder) as (_, path):
                wait_for(lambda: status_of(path)["buffer"]["commits"] > 2, 30)
                subprocess.run(["sync", "-f", folder], check=True)
                commits, sectors = status_of(path)["buffer"]["commits"], sectors_written(device)
                time.sleep(2 * self.seconds)
                subprocess.run(["sync", "-f", folder], check=True)
                commits, sectors = status_of(path)["buffer"]["commits"] - commits, sectors_written(device) - sectors
        self.row("device bytes per durable commit", 512 * sectors / commits / 1024, "KiB", 32, f"{commits} commits")

    def modbus_read(self):
        modbus_rows.read_rows(self, self.modbus)

    def modbus_many(self):
        modbus_rows.many_rows(self, self.modbus, cpu_nanoseconds, memory_kilobytes, status_of, wait_for)

    def backlog(self):
        with delivery_rows.Backlog(self.journal, delivery_rows.DAY) as backlog:
            delivery_rows.store_row(self, backlog, self.journal)
            delivery_rows.drain_rows(self, backlog, cpu_nanoseconds, memory_kilobytes)
            delivery_rows.live_rows(self, backlog)
            delivery_rows.slow_link_rows(self, backlog)

    def large_journal(self):
        with delivery_rows.Backlog(self.journal, delivery_rows.GIBIBYTE, "random") as backlog:
            delivery_rows.start_rows(self, backlog)

    def codec_rows(self):
        out = subprocess.run([self.codec], check=True, text=True, capture_output=True).stdout
        for line in out.splitlines():
            name, figure, unit, limit = line.split("\t")
            self.row(name, float(figure), unit, float(limit) if limit else None)


def delivered(path):
    return sum(uplink["delivered"] for uplink in status_of(path)["ledger"]["uplinks"])


def batched(path):
    return status_of(path)["ledger"]["batched"]


def wait_for(condition, longest):
    end = time.monotonic() + longest
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError):
            if condition():
                return
        time.sleep(0.1)
    raise TimeoutError("not reached in time")


def wait_delivered(path, readings):
    wait_for(lambda: delivered(path) >= readings, 60)


def grow_log(parts, path, wal, lasting):
    """`lasting`: what the write-ahead log is never cut below, an eighth of the quota (buffer/journal_open.cc). Feeds random numbers until the write-ahead log is reused in place: what comes after is the lasting state."""
    wait_for(lambda: status_of(path)["buffer"]["commits"] > 0, 60)
    begin = time.monotonic()
    while os.path.getsize(wal) < lasting:
        if time.monotonic() - begin > 200:
            raise TimeoutError(f"the log does not grow beyond {os.path.getsize(wal)} bytes")
        numbers = "".join(f"{random.random()}\n" for _ in range(5000))
        commits = status_of(path)["buffer"]["commits"]
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(parts.broker_port), "-t", "burst", "-l"],
                       input=numbers, text=True, check=True)
        # no more than the log needs: a journal that is nearly full would be thinned meanwhile
        wait_for(lambda seen=commits: status_of(path)["buffer"]["commits"] > seen, 60)


def wait_for_checkpoint(database):
    before = os.stat(database).st_mtime_ns
    wait_for(lambda: os.stat(database).st_mtime_ns != before, 600)
    wait_for(lambda: os.stat(database).st_mtime < time.time() - 1, 60)  # it is over


def bytes_per_reading(path, folder, device, pass_time):
    """Of all that reaches the device meanwhile; and how many readings those were."""
    subprocess.run(["sync", "-f", folder], check=True)
    readings, sectors = batched(path), sectors_written(device)
    pass_time()
    subprocess.run(["sync", "-f", folder], check=True)
    readings, sectors = batched(path) - readings, sectors_written(device) - sectors
    return 512 * sectors / readings, readings


def sectors_written(device):
    return int(pathlib.Path(f"/sys/block/{device}/stat").read_text().split()[6])


@contextlib.contextmanager
def ext4():
    """A fresh ext4 on a loop device: (mount point, device name), or (None, None) where that is not allowed."""
    with tempfile.TemporaryDirectory() as folder:
        image, mount = f"{folder}/card.img", f"{folder}/card"
        os.mkdir(mount)
        with open(image, "wb") as file:
            file.truncate(256 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        if os.geteuid() != 0 or subprocess.run(["mount", "-o", "loop", image, mount]).returncode != 0:
            yield None, None
            return
        try:
            source = subprocess.run(["findmnt", "-n", "-o", "SOURCE", mount], check=True, text=True,
                                    capture_output=True).stdout.strip()
            yield mount, os.path.basename(source)
        finally:
            subprocess.run(["umount", mount], check=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", type=pathlib.Path, required=True)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--quick", action="store_true")
    given = arguments.parse_args()
    bench = Bench(given.build.resolve(), given.quick)
    for part in (bench.codec_rows, bench.modbus_read, bench.modbus_many, bench.start, bench.cpu, bench.memory,
                 bench.commits, bench.backlog, bench.large_journal, bench.durable_commit, bench.device_bytes):
        if given.only in part.__name__:
            part()
    return 0 if all(good for *_, good, _ in bench.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
