#!/usr/bin/python3
"""kill -9 of the real daemon at random points, with outages of its HTTP sink running.

usage: kill.py FIELDWEIR [KILLS [SEED]]

After each kill a copy of the journal is read: every batch in it that lies past the uplink's cursor was accepted and must
reach the sink. At the end the sink's record must hold all of them; positions that come for the first time must be in order
per lane; equal positions must have equal bytes; what is missing within an epoch may only be its end (it was at risk). The
sink's own process is killed too: it records a message before it answers, so what it answered is on its record.
"""
import contextlib
import json
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from parts import Parts, end_with_parent, status_of, wait_for  # noqa: E402

LANES = ("events", "telemetry")
SEQ_BITS, EPOCH_BITS = 38, 24  # buffer/row.h

CONFIGURATION = """version: 1
gateway: {{id: crash}}
devices:
  - name: plant
    simulate: {{interval: 20ms, seed: 3}}
    signals:
{signals}
windows:
  - {{name: minute, of: plant.s0, tumbling: 1s, emit: [mean, count], grace: 100ms}}
batch: {{every: 50ms, rows: 100}}
buffer: {{path: "{folder}/journal.db", max_size: 64MiB, persist_after: 100ms, commit: {{every: 100ms}}}}
uplinks:
  - name: cloud
    https: {{url: "http://127.0.0.1:{port}/v1/batch"}}
log: {{level: warning}}
"""


def varints(data):
    """The LEB128 numbers of a state value (buffer/state.h)."""
    numbers, shift, value = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            numbers.append(value)
            shift, value = 0, 0
    return numbers


def owed_by_journal(folder, journal):
    """Positions (lane, epoch, seq) on disk past the cursor of `cloud`, read from a copy so as to change nothing."""
    with tempfile.TemporaryDirectory() as copy:
        for suffix in ("", "-wal"):
            if pathlib.Path(str(journal) + suffix).exists():
                shutil.copy(str(journal) + suffix, f"{copy}/journal.db{suffix}")
        if not pathlib.Path(f"{copy}/journal.db").exists():
            return set()
        with contextlib.closing(sqlite3.connect(f"{copy}/journal.db")) as database:
            try:
                books = database.execute("SELECT value FROM state WHERE name = 'uplink/cloud'").fetchone()
                rows = [row[0] for row in database.execute("SELECT id FROM batch")]
            except sqlite3.OperationalError:  # killed before the tables were made
                return set()
    cursors = [(0, 0), (0, 0)]
    if books:
        # per lane: acknowledged (stream, epoch, seq), sent (stream, epoch, seq)
        numbers = varints(books[0])
        cursors = [(numbers[6 * lane + 1], numbers[6 * lane + 2]) for lane in range(2)]
    owed = set()
    for row in rows:
        lane, epoch = row >> (SEQ_BITS + EPOCH_BITS), row >> SEQ_BITS & ((1 << EPOCH_BITS) - 1)
        seq = row & ((1 << SEQ_BITS) - 1)
        if (epoch, seq) > cursors[lane]:
            owed.add((LANES[lane], epoch, seq))
    return owed


def read_sink(record):
    """(positions in order of arrival, faults) of everything that the sink took."""
    first, faults, newest = {}, [], {}
    for line in record.read_text().splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue  # the sink was killed while it wrote: it never answered
        batch = json.loads(entry["body"])
        position = (batch["lane"], batch["epoch"], batch["seq"])
        if position in first:
            if first[position] != entry["body"]:
                faults.append(f"other bytes under {position}")
            continue
        first[position] = entry["body"]
        if position[1:] < newest.get(position[0], (0, 0)):
            faults.append(f"{position} came for the first time after {newest[position[0]]}")
        newest[position[0]] = max(newest.get(position[0], (0, 0)), position[1:])
    seen = {}
    for lane, epoch, seq in first:
        seen.setdefault((lane, epoch), []).append(seq)
    for (lane, epoch), seqs in seen.items():
        if len(seqs) != max(seqs):
            faults.append(f"{lane} epoch {epoch}: {max(seqs) - len(seqs)} batches missing before the last one that came")
    return first, faults


def main():
    fieldweir = sys.argv[1]
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    print(f"seed {seed}", flush=True)
    chance = random.Random(seed)
    with Parts(broker=False, modbus=False) as parts:
        journal, config = parts.folder / "journal.db", parts.folder / "crash.yaml"
        path = str(parts.folder / "status.sock")
        signals = "\n".join(f"      - {{name: s{i}, wave: sine, mean: 60, amplitude: 5, period: 1m, noise: 0.3}}"
                            for i in range(10))
        config.write_text(CONFIGURATION.format(signals=signals, folder=parts.folder, port=parts.sink_port))
        command = [fieldweir, "run", "--config", str(config), "--socket", path]
        log = open(parts.folder / "gateway.log", "ab")
        owed = set()
        for number in range(kills):
            if chance.random() < 0.5 and "sink" in parts.processes:
                parts.stop("sink")
            elif "sink" not in parts.processes:
                parts.start_sink()
            gateway = subprocess.Popen(command, stderr=log, preexec_fn=end_with_parent)
            time.sleep(chance.uniform(0.05, 1.5))  # the random point is the point
            if chance.random() < 0.3 and "sink" in parts.processes:
                parts.stop("sink")
                time.sleep(chance.uniform(0.05, 0.5))
            if gateway.poll() is not None:
                print((parts.folder / "gateway.log").read_text())
                print(f"the gateway ended by itself with {gateway.returncode}")
                return 1
            gateway.send_signal(signal.SIGKILL)
            gateway.wait()
            owed |= owed_by_journal(parts.folder, journal)
        if "sink" not in parts.processes:
            parts.start_sink()
        gateway = subprocess.Popen(command, stderr=log, preexec_fn=end_with_parent)
        wait_for(lambda: queued(path) < 1000, 60, "the backlog drains")
        with contextlib.suppress(TimeoutError):  # what is missing then is told below
            wait_for(lambda: owed <= set(read_sink(parts.record)[0]), 10, "what is owed arrives")
        gateway.send_signal(signal.SIGTERM)
        status = gateway.wait(10)
        taken, faults = read_sink(parts.record)
        missing = owed - set(taken)
        faults += [f"accepted, but never at the sink: {position}" for position in sorted(missing)[:10]]
        if status != 0:
            faults.append(f"exit status {status}")
        print("\n".join(faults) if faults else "all that was accepted arrived, in order")
        print(f"kills={kills} batches={len(taken)} owed={len(owed)} lost={len(missing)} faults={len(faults)}")
        if faults:
            print((parts.folder / "gateway.log").read_text()[-4000:])
        return 1 if faults or not owed else 0


def queued(path):
    try:
        return status_of(path)["ledger"]["uplinks"][0]["queued"]
    except (OSError, ValueError, KeyError):
        return 1 << 60


if __name__ == "__main__":
    sys.exit(main())
