#!/usr/bin/python3
"""kill -9 and SIGTERM of the real daemon at random points, with outages of its HTTP sink and of its broker running.

usage: kill.py FIELDWEIR [KILLS [SEED]]

After each kill a copy of the journal is read: every batch in it that lies past an uplink's cursor was accepted and must
reach that destination. At the end the destinations' records must hold all of them; what comes for the first time must come in
order per lane, and name as `prev` only what came; equal positions must have equal bytes. What comes again must lie past
the cursor that was on disk at the kill before: it was in flight, or acknowledged since the last commit. Of a run that was
killed the newest readings may be missing, for no longer than the stated loss window, and are counted as dropped by an unclean
stop where another destination had them; a run that was told to stop misses none.

The sink's own process is killed too: it records a message before it answers, so what it answered is on its record. The
broker is frozen instead, which to the gateway is a link that died.
"""
import concurrent.futures
import contextlib
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from gateway_account import ledgers  # noqa: E402
from gateway_site import CLOUD, SCADA, Site, flows, ledger_of, listening, wait_for  # noqa: E402
from oracle import read_journal  # noqa: E402
from taken import Taken, bodies  # noqa: E402

SITES = 3  # at once: they mostly wait
UPLINKS = ("cloud", "scada")
PLANT = "  - name: plant\n    simulate: {interval: 20ms, seed: 3}\n    signals:\n" + "".join(
    f"      - {{name: s{i}, wave: sine, mean: 60, amplitude: 5, period: 1m, noise: 0.3}}\n" for i in range(10))
WINDOWS = "windows:\n  - {name: second, of: plant.s0, tumbling: 1s, emit: [mean, count], grace: 100ms}\n"
STATED = 0.3  # batch.every + persist_after + commit.every of gateway_site.py
COMMIT = 2.0  # what the commit itself may take on a machine that does other things


class CrashSite(Site):
    """A site whose gateway is ended again and again; what was seen of it."""

    def __init__(self, fieldweir, seed):
        super().__init__(fieldweir, modbus=False)
        self.chance = random.Random(seed)
        self.owed = {name: set() for name in UPLINKS}
        self.runs = {}  # by epoch: (ended at, cleanly)
        self.marks = []  # at each kill: (texts per uplink until then, cursors on disk)
        self.faults = []
        self.frozen = False
        self.most_ahead = 0

    def texts(self, name):
        if name == "cloud":
            return list(bodies(self.record))
        return [line for line in self.heard.read_text().splitlines() if line.startswith("{")]

    def disturb(self, likely):
        """The sink dies or returns, the link to the broker too."""
        if self.chance.random() < likely:
            if "sink" in self.processes:
                self.stop("sink")
            else:
                self.start_sink()
        if self.chance.random() < likely:
            (self.thaw if self.frozen else self.freeze)("mosquitto")
            self.frozen = not self.frozen

    def kill_once(self):
        self.disturb(0.5)
        begun = time.time()
        self.start("gateway", [self.fieldweir, "run", "--config", str(self.config), "--socket", str(self.folder / "s")])
        time.sleep(self.chance.uniform(0.05, 1.0))  # the random point is the point
        if self.chance.random() < 0.3:
            self.disturb(0.5)
            time.sleep(self.chance.uniform(0.05, 0.4))
        gateway = self.processes.pop("gateway")
        if gateway.poll() is not None:
            raise AssertionError(f"the gateway ended by itself with {gateway.returncode}")
        how = signal.SIGTERM if self.chance.random() < 0.25 else signal.SIGKILL
        ended = time.time()
        gateway.send_signal(how)
        status = gateway.wait(10)
        if how == signal.SIGTERM and (status not in (0, -signal.SIGTERM) or time.time() - ended > 5):
            self.faults.append(f"SIGTERM: exit status {status} after {time.time() - ended:.1f} s")
        self.look_at_journal(begun, ended, status == 0)

    def look_at_journal(self, begun, ended, cleanly):
        journal = read_journal(self.folder / "journal.db", UPLINKS)
        if journal is None:
            return
        for name in UPLINKS:
            self.owed[name] |= journal.owed[name]
        if journal.epoch not in self.runs:  # else it was killed before it began
            self.runs[journal.epoch] = (begun, ended, cleanly)
        self.marks.append(({name: len(self.texts(name)) for name in UPLINKS}, journal.cursors))

    def drain(self):
        """The last run: everything comes back, and all that is owed arrives."""
        if self.frozen:
            self.thaw("mosquitto")
        if "sink" not in self.processes:
            self.start_sink()
            wait_for(lambda: listening(self.sink_port), 20, "the sink")
        self.run()
        status = self.until(lambda s: all(flows(name)(s) for name in UPLINKS), 75, "the backlogs drain")
        self.unclean = {name: ledger_of(status, name)["dropped_by_reason"].get("unclean stop", 0) for name in UPLINKS}
        with contextlib.suppress(TimeoutError):  # what is missing then is told later
            self.until(lambda _: all(self.owed[name] <= set(Taken(name, self.texts(name)).first) for name in UPLINKS), 10, "all arrives")
        status, _ = self.end()
        if status != 0:
            self.faults.append(f"exit status {status}")

    def judge(self):
        """(batches, owed, lost, most that came again after a kill, longest loss in s, most ahead)."""
        taken = {name: Taken(name, self.texts(name)) for name in UPLINKS}
        missing = {(name, *at) for name in UPLINKS for at in self.owed[name] - set(taken[name].first)}
        self.faults += [f"accepted, but it never arrived: {at}" for at in sorted(missing)[:10]]
        most_again = 0
        for name in UPLINKS:
            self.faults += taken[name].faults
            counts = self.counts(name)
            if counts["queued"] or counts["dropped"] != self.unclean[name] or counts["dead_lettered"]:
                self.faults.append(f"{name}: {counts}")
            most_again = max(most_again, self.judge_again(taken[name]))
        losses = [self.loss(one, epoch) for one in taken.values() for epoch in self.runs]
        return (sum(len(one.first) for one in taken.values()), sum(len(one) for one in self.owed.values()), len(missing), most_again,
                max(losses, default=0), self.most_ahead)

    def counts(self, name):
        """Of an uplink. Both halves of the ledger are of one moment, whenever the gateway was killed."""
        field, uplinks = ledgers(self)
        counts = uplinks[name]
        ahead = field["batched"] - sum(counts[key] for key in ("not_selected", "delivered", "queued", "dropped", "dead_lettered"))
        self.most_ahead = max(self.most_ahead, abs(ahead))
        if ahead != 0 or field["sampled"] + field["derived"] != field["filtered"] + field["lost"] + field["batched"]:
            self.faults.append(f"{name}: {counts} of {field}")
        return counts

    def judge_again(self, taken):
        most = 0
        for number, (mark, cursors) in enumerate(self.marks):
            end = self.marks[number + 1][0][taken.name] if number + 1 < len(self.marks) else 1 << 60
            again = [one for one in taken.again if mark[taken.name] <= one[0] < end]
            most = max(most, len(again))
            for _, lane, at in again:
                if at <= cursors[taken.name, lane]:
                    self.faults.append(f"{taken.name}: {lane} {at} came again, on disk was the cursor {cursors[taken.name, lane]}")
        return most

    def loss(self, taken, epoch):
        begun, ended, cleanly = self.runs[epoch]
        lost = ended - taken.newest_reading.get(epoch, begun)
        if cleanly and epoch + 1 in taken.unclean:
            self.faults.append(f"epoch {epoch} ended cleanly, but the next one says that it did not")
        if lost > STATED + COMMIT:
            self.faults.append(f"epoch {epoch}: {lost:.2f} s of readings lost")
        return lost


def proof(fieldweir, kills, seed):
    with CrashSite(fieldweir, seed) as site:
        site.configure(devices=PLANT, uplinks=CLOUD + SCADA, extra=WINDOWS)
        site.heard = site.subscribe("first")
        try:
            for _ in range(kills):
                site.kill_once()
            site.drain()
            return site.judge(), site.faults, site.log()
        except Exception as problem:  # whatever it is, it is this site's result
            return (0, 0, 0, 0, 0, 0), [*site.faults, repr(problem)], site.log()


def main():
    fieldweir = sys.argv[1]
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    print(f"seed {seed}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(SITES) as pool:
        results = list(pool.map(lambda site: proof(fieldweir, -(-kills // SITES), seed + site), range(SITES)))
    for _, faults, log in results:
        if faults:
            print("\n".join(faults[:20]), log[-4000:], sep="\n")
    batches, owed, lost, again, loss, ahead = zip(*(figures for figures, _, _ in results))
    faults = sum(len(found) for _, found, _ in results)
    print(f"kills={kills} batches={sum(batches)} owed={sum(owed)} lost={sum(lost)} faults={faults} "
          f"most_again_after_a_kill={max(again)} longest_loss={max(loss):.2f}s of {STATED}s stated and the commit "
          f"ledger_ahead={max(ahead)}")
    return 1 if faults or not sum(owed) else 0


if __name__ == "__main__":
    sys.exit(main())
