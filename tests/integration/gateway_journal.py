"""Journals that are damaged, foreign, too new, or in no place at all: the daemon starts, says so, and delivers."""
import contextlib
import pathlib
import re
import sqlite3
import subprocess

from gateway_account import at_sink, balance, ledgers, taken
from gateway_site import Site, check, flows, ledger_of

WIDE = "  - name: plant\n    simulate: {interval: 50ms, seed: 7}\n    signals:\n" + "".join(
    "      - {name: s%d, wave: sine, mean: 60, amplitude: 5, period: 1m, noise: 1}\n" % i for i in range(50))


def fill(site):
    """A journal of a run that ended with a backlog, its sink away; the numbers of its batches."""
    site.configure(devices=WIDE)
    site.run()
    site.until(lambda s: s["buffer"]["lanes"]["telemetry"]["batches"] >= 20, 20, "the journal grows")
    check(site.end()[0] == 0, "exit status")
    (site.folder / "gateway.log").unlink()
    with contextlib.closing(sqlite3.connect(site.folder / "journal.db")) as database:
        return {seq & (1 << 38) - 1 for seq, in database.execute("SELECT id FROM batch")}  # buffer/row.h


def damage_and_start(fieldweir, damage, says, aside, counts_lost=False):
    """(numbers of the batches of the old run, those that arrived, gap marks, status) of a start with a damaged journal."""
    with Site(fieldweir, broker=False, modbus=False, sink=False) as site:
        old = fill(site)
        damage(site.folder / "journal.db")
        took = site.run()
        check(took < 3, f"the start took {took:.1f} s")
        site.start_sink()
        status = site.until(lambda s: flows()(s) and ledger_of(s)["delivered"] > 500 and s["buffer"]["writable"] and
                            not s["buffer"]["problem"], 15, "new readings are delivered")
        moved = [path.name for path in site.folder.glob("journal.db.damaged-?")]
        if aside is not None:
            check(moved == (["journal.db.damaged-1"] if aside else []), f"moved aside: {moved}\n{site.log()}")
            told = status["buffer"]["set_aside"]
            check(bool(told) == aside, f"status says that the journal was moved to {told}")
        check(re.search(says, site.log()), f"the log does not say {says!r}:\n{site.log()}")
        check(site.end()[0] == 0, "exit status")
        arrived = at_sink(site)
        counts = ledgers(site)[1]["cloud"] if counts_lost else balance(site)
        check(counts["queued"] == 0, f"something stays in the queue: {counts}")
        newest = max(epoch for _, epoch, _, _ in arrived.batches)
        return old, {seq for _, epoch, _, seq in arrived.batches if epoch < newest}, arrived.gaps, status


def corrupt(gaps):
    return any(gap["reason"] == "corrupt" for gap in gaps)


def overwrite(journal, start, size):
    with open(journal, "r+b") as file:
        file.seek(start // 512 * 512)
        file.write(b"\xa5" * size)


def case_journal_overwritten_in_the_middle(fieldweir):
    def middle(journal):
        size = journal.stat().st_size
        overwrite(journal, size // 2, size // 8)

    damage_and_start(fieldweir, middle, "moved to|took over", aside=True)


def case_journal_with_a_broken_page_in_a_batch(fieldweir):
    def inside(journal):  # in the middle of its chain of pages, or at its end: then only the checksum tells
        with contextlib.closing(sqlite3.connect(journal)) as database:
            payload, = database.execute("SELECT payload FROM batch ORDER BY id LIMIT 1 OFFSET 5").fetchone()
        pages = journal.read_bytes()
        # the first of its overflow pages: a number of four bytes, then a piece of the payload
        overwrite(journal, next(at for at in range(512, len(pages), 512) if pages[at + 4:at + 100] in payload), 512)

    old, arrived, gaps, _ = damage_and_start(fieldweir, inside, "", aside=None)
    check(len(old - arrived) <= 1 and corrupt(gaps), f"{old - arrived} did not arrive; gaps {gaps}")


def case_journal_without_its_cursors(fieldweir):
    def cursors(journal):
        with contextlib.closing(sqlite3.connect(journal)) as database:
            page, = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'state'").fetchone()
        overwrite(journal, (page - 1) * 512, 512)

    old, arrived, gaps, _ = damage_and_start(fieldweir, cursors, "moved to", aside=True, counts_lost=True)
    check(old <= arrived and corrupt(gaps), f"{old - arrived} could be read and did not arrive; gaps {gaps}")


def case_journal_with_a_flipped_bit_in_a_batch(fieldweir):
    def flip(journal):
        with contextlib.closing(sqlite3.connect(journal)) as database:
            middle, = database.execute("SELECT id FROM batch ORDER BY id LIMIT 1 OFFSET 5").fetchone()
            payload, = database.execute("SELECT payload FROM batch WHERE id = ?", (middle,)).fetchone()
            damaged = payload[:100] + bytes([payload[100] ^ 4]) + payload[101:]
            database.execute("UPDATE batch SET payload = ? WHERE id = ?", (damaged, middle))
            database.commit()

    old, arrived, gaps, status = damage_and_start(fieldweir, flip, "", aside=False)
    check(len(old - arrived) <= 1 and corrupt(gaps), f"{old - arrived} did not arrive; gaps {gaps}")
    check(ledger_of(status)["dropped_by_reason"].get("corrupt", 0) > 0, f"the ledger does not count it: {ledger_of(status)}")


def case_journal_cut_in_half(fieldweir):
    def cut(journal):
        with open(journal, "r+b") as file:
            file.truncate(file.seek(0, 2) // 2 + 100)

    _, _, gaps, _ = damage_and_start(fieldweir, cut, "moved to", aside=True)
    check(corrupt(gaps), f"no gap mark says that something was corrupt: {gaps}")


def case_journal_is_a_text_file(fieldweir):
    damage_and_start(fieldweir, lambda journal: journal.write_text("dear diary\n" * 1000), "not a database.*moved to", aside=True)


def case_journal_of_another_program(fieldweir):
    def other(journal):
        journal.unlink()
        with contextlib.closing(sqlite3.connect(journal)) as database:
            database.execute("CREATE TABLE batch(id INTEGER PRIMARY KEY, title TEXT)")

    damage_and_start(fieldweir, other, "not a journal of fieldweir; moved to", aside=True)


def case_journal_is_looked_into_beside_the_gateway_and_after_it(fieldweir):
    def says(*arguments, given=None):
        done = subprocess.run([fieldweir, *arguments], capture_output=True, text=True, timeout=10, input=given)
        return done.returncode, done.stdout + done.stderr

    with Site(fieldweir, broker=False, modbus=False, sink=False) as site:
        site.configure(devices=WIDE)
        place = ("--config", str(site.config))
        site.run()
        site.until(lambda s: s["buffer"]["lanes"]["telemetry"]["batches"] >= 5, 20, "the journal grows")
        status, text = says("journal", "verify", *place)
        check(status == 0 and "nothing is wrong" in text, text)
        kept = site.status()["ledger"]["uplinks"][0]
        status, text = says("journal", "stats", *place)
        row = re.search(r"cloud +(\d+) +0 +(\d+) +0 +0 ", text)
        check(status == 0 and row and kept["dropped"] == 0, f"what is only in memory counts as dropped:\n{text}")
        check(("not stored: was only in memory" in text) == (int(row[2]) > 0), text)
        check(site.end()[0] == 0, "exit status")
        status, text = says("journal", "stats", *place)
        queued = balance(site)["queued"]
        check(status == 0 and re.search(rf"cloud +{queued} ", text), f"{queued} queued:\n{text}")
        status, lines = says("journal", "export", *place)
        check(status == 0 and len(taken(lines.splitlines()).readings) == queued, lines[:500])
        status, text = says("account", given=lines)
        check(status == 0 and f"{queued} readings" in text, text)
        with contextlib.closing(sqlite3.connect(site.folder / "journal.db")) as database, database:
            database.execute("UPDATE batch SET payload = zeroblob(length(payload)) WHERE id & 255 = 3")
        status, text = says("journal", "verify", *place)
        check(status == 1 and "telemetry 1/3: " in text, text)
        status, text = says("journal", "export", *place)
        check(status == 1 and "1 batches cannot be read" in text, text[-500:])
        status, text = says("account", given="\n".join(line for line in text.splitlines() if line.startswith("{")))
        check(status == 1 and "MISSING: 1/3\n" in text, text)


def case_journal_is_an_empty_file(fieldweir):
    damage_and_start(fieldweir, lambda journal: journal.write_bytes(b""), "", aside=False)


def case_journal_of_a_newer_version(fieldweir):
    def grow_up(journal):
        with contextlib.closing(sqlite3.connect(journal)) as database:
            database.execute("PRAGMA user_version = 99")

    damage_and_start(fieldweir, grow_up, "format 99.*moved to", aside=True)


def case_journal_that_cannot_be_made_leaves_the_tail(fieldweir):
    with Site(fieldweir, broker=False, modbus=False) as site:
        (site.folder / "file").write_text("")
        for place in (site.folder / "file/journal.db", pathlib.Path("/proc/fieldweir/journal.db")):
            site.configure(path=place)
            site.run()
            status = site.until(lambda s: ledger_of(s)["delivered"] > 20, 10, "the tail delivers")
            check(status["buffer"]["problem"] and not status["buffer"]["writable"], f"the status does not say it: {status['buffer']}")
            shown = site.fieldweir_says("status", "--socket", site.socket)
            check(status["buffer"]["problem"] in shown, f"`fieldweir status` does not say it:\n{shown}")
            check(re.search("journal: .*memory", site.log()), site.log())
            check(site.end()[0] == 0, "exit status")
            check(balance(site)["dropped"] == 0, "something was dropped")
        at_sink(site)  # two runs without a journal have two streams: no position means two things
