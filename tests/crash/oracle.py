"""What a journal owes after a kill."""
import collections
import contextlib
import pathlib
import shutil
import sqlite3
import tempfile

LANES = ("events", "telemetry")
SEQ_BITS, EPOCH_BITS = 38, 24  # buffer/row.h
NUMBERS_OF_A_LANE = 6  # buffer/state.h: acknowledged (stream, epoch, seq), sent (stream, epoch, seq)

# epoch: of the newest run; cursors: (epoch, seq) by (uplink, lane); owed: (lane, epoch, seq) by uplink
Journal = collections.namedtuple("Journal", "epoch cursors owed")


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


def read_journal(path, uplinks):
    """From a copy, so as to change nothing; None if it was killed before the tables were made."""
    with tempfile.TemporaryDirectory() as copy:
        for suffix in ("", "-wal"):
            if pathlib.Path(str(path) + suffix).exists():
                shutil.copy(str(path) + suffix, f"{copy}/journal.db{suffix}")
        if not pathlib.Path(f"{copy}/journal.db").exists():
            return None
        with contextlib.closing(sqlite3.connect(f"{copy}/journal.db")) as database:
            try:
                books = dict(database.execute("SELECT name, value FROM state WHERE name LIKE 'uplink/%'"))
                rows = [row for row, in database.execute("SELECT id FROM batch")]
                epoch, = database.execute("SELECT max(epoch) FROM run").fetchone()
            except sqlite3.OperationalError:
                return None
    cursors = {}
    for uplink in uplinks:
        numbers = varints(books.get(f"uplink/{uplink}", bytes(2 * NUMBERS_OF_A_LANE)))
        for at, lane in enumerate(LANES):
            cursors[uplink, lane] = tuple(numbers[NUMBERS_OF_A_LANE * at + 1:NUMBERS_OF_A_LANE * at + 3])
    batches = [(LANES[row >> (SEQ_BITS + EPOCH_BITS)], row >> SEQ_BITS & ((1 << EPOCH_BITS) - 1), row & ((1 << SEQ_BITS) - 1))
               for row in rows]
    owed = {uplink: {batch for batch in batches if batch[1:] > cursors[uplink, batch[0]]} for uplink in uplinks}
    return Journal(epoch or 0, cursors, owed)
