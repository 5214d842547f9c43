"""The power goes while the gateway works: nothing that it had accepted is lost, and it is ready soon after each boot.

Accepted is what the sink, which runs outside, has answered, and what has been committed to the journal: a program in the
machine reads the journal's newest number five times a second and reports it over the serial line. A number that a second
connection can read is committed. Every number up to the newest of each run must be on the sink's record at the end, and none
is given twice. In an outage the cut comes just behind a write that was not flushed yet. At the end a disk lies: that must be seen.
"""
import contextlib
import random
import time

import disk
from machine import HOST, Machine
from taken import Taken, bodies

READY = 10.0  # seconds from the start of systemd to READY
FORGOTTEN = 10  # flushes, by a disk that lies
EPOCH_SHIFT, EPOCHS, SEQS = 38, (1 << 24) - 1, (1 << 38) - 1  # of the number of a batch of telemetry: buffer/row.h

CONFIG = """version: 1
devices:
  - name: plant
    simulate: {{interval: 200ms, seed: 3}}
    signals:
{signals}
batch: {{every: 200ms}}
buffer: {{persist_after: 200ms, commit: {{every: 200ms}}}}
uplinks:
  - name: cloud
    https: {{url: "http://{host}:{port}/v1/batch", insecure: true, timeout: 5s}}"""
SIGNALS = "\n".join(f"      - {{name: s{i}, wave: sine, mean: 60, amplitude: 5, period: 1m, noise: 0.3}}" for i in range(20))

REPORT = """[Unit]
After=fieldweir.service
[Service]
StandardOutput=file:/dev/ttyAMA0
ExecStart=/bin/sh -c 'echo "@ready $(systemctl show --property UserspaceTimestampMonotonic --value) $(systemctl show --property ActiveEnterTimestampMonotonic --value fieldweir)"; \\
  while sleep 0.2; do echo "SELECT \\'@committed \\' || max(id) FROM batch WHERE id >> 62 = 1;"; done | sqlite3 -readonly /var/lib/fieldweir/journal.db'
[Install]
WantedBy=multi-user.target
"""


def prepare(proof, port):
    """The machine's configuration for all that follows, and a clean end."""
    proof.configure(CONFIG.format(signals=SIGNALS, host=HOST, port=port))
    proof.write("/etc/systemd/system/report.service", REPORT)
    proof.held("the journal will be reported", "systemctl daemon-reload && systemctl enable --quiet report")


class Committed:
    """The newest number of each run, as far as it was reported; `faults`: numbers that were given a second time."""

    def __init__(self):
        self.newest, self.last, self.faults = {}, (0, 0), []

    def note(self, machine):
        for report in machine.reported("@committed "):
            identity = int(report.split()[1])
            at = identity >> EPOCH_SHIFT & EPOCHS, identity & SEQS
            if at < self.last:
                self.faults.append(f"the journal's newest is {at}, and was {self.last}")
            self.last = at
            self.newest[at[0]] = max(self.newest.get(at[0], 0), at[1])


def power_cuts(folder, parts, count, seed):
    chance = random.Random(seed)
    committed, ready = Committed(), []
    for number in range(count):
        if chance.random() < 0.5:  # the way to the cloud fails or comes back: what waits then is in the journal alone
            parts.stop("sink") if "sink" in parts.processes else parts.start_sink()
        before = received(parts)
        machine = Machine(folder)
        try:
            machine.until(lambda: machine.reported("@committed ") or received(parts) > before, 900, "the gateway works")
            time.sleep(chance.uniform(0, 15))  # the random point is the point
            if "sink" not in parts.processes:
                disk.until_written(folder, machine.process)
        finally:
            machine.cut()
        ready += [between(report) for report in machine.reported("@ready")]
        committed.note(machine)
        kept, unsafe, lost = disk.cut(folder, seed + number)
        print(f"cut {number + 1}: ready after {ready[-1]:.1f} s, {len(committed.newest)} runs committed batches; "
              f"the disk kept {kept} writes, {unsafe} were not flushed, {lost} of them are lost", flush=True)
    return committed, ready


def a_disk_that_lies(folder, parts, committed, seed):
    """It forgets what it said to have flushed: if that is not seen, then the proof proves nothing."""
    if "sink" in parts.processes:
        parts.stop("sink")
    machine = Machine(folder)
    try:
        machine.until(lambda: len(set(machine.reported("@committed "))) > 2 * FORGOTTEN, 900, "batches are committed")
    finally:
        machine.cut()
    committed.note(machine)
    disk.cut(folder, seed, FORGOTTEN)
    parts.start_sink()
    with Machine(folder) as machine:
        machine.run("for i in $(seq 300); do fieldweir status | awk '$1 == \"cloud\" && $2 == \"connected\" && $4 <= 2' | grep . && break; sleep 1; done")
        committed.note(machine)
        machine.off()
    missing = judge(parts, committed)[1]
    if not missing + committed.faults:
        raise SystemExit("FAILED: a disk forgot what it had flushed, and this proof did not see it")
    print(f"held: a disk that lies is found out: {len(missing)} of what was committed never arrived")


def received(parts):
    return parts.record.stat().st_size if parts.record.exists() else 0


def between(report):
    userspace, active = report.split()[1:3]
    return (int(active) - int(userspace)) / 1e6


def judge(parts, committed):
    """What came to the sink, against what was accepted."""
    taken = Taken("cloud", list(bodies(parts.record)))
    numbers = {}
    for lane, epoch, seq in taken.first:
        if lane == "telemetry":
            numbers.setdefault(epoch, set()).add(seq)
    missing = [(epoch, seq) for epoch, newest in committed.newest.items() for seq in range(1, newest + 1) if seq not in numbers.get(epoch, ())]
    return taken, missing


def prove(folder, parts, count, seed):
    committed, ready = power_cuts(folder, parts, count, seed)
    if "sink" not in parts.processes:
        parts.start_sink()
    with Machine(folder) as machine:
        with contextlib.suppress(TimeoutError):  # what is missing then is told below
            machine.until(lambda: not judge(parts, committed)[1], 900, "what was accepted arrives")
        taken, missing = judge(parts, committed)
        machine.off()
    print(f"      {count} power cuts, {len(taken.first)} batches, {taken.readings} readings, {len(taken.again)} batches came again, "
          f"{sum(committed.newest.values())} reported as committed, {len(missing)} of them lost; ready at most {max(ready):.1f} s after systemd")
    faults = taken.faults + committed.faults + [f"committed, and it never arrived: {at}" for at in missing]
    if max(ready) > READY:
        faults.append(f"ready only after {max(ready):.1f} s, allowed are {READY}")
    if faults:
        raise SystemExit("FAILED: " + "\n".join(faults[:20]))
    print("held: no power cut cost an accepted reading")
    a_disk_that_lies(folder, parts, committed, seed)
