"""What a destination was given, judged as a receiver would: each batch once, in order per lane, nothing missing before it."""
import contextlib
import json


def bodies(record):
    """What tests/support/http_sink.py was given, but for a line that it was killed in: that it never answered."""
    for line in record.read_text().splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            yield json.loads(line)["body"]


class Taken:
    """What one destination was given, from the texts of batches in order of arrival; `faults` says what must not be."""

    def __init__(self, name, texts):
        self.name, self.faults, self.first = name, [], {}
        self.again = []  # (index among the texts, lane, (epoch, seq)) of what came before
        self.readings = 0
        self.newest_reading = {}  # seconds, by epoch
        self.unclean = set()  # epochs that say that the one before had no clean end
        newest = {}
        for index, text in enumerate(texts):
            batch = json.loads(text)
            lane, at = batch["lane"], (batch["epoch"], batch["seq"])
            if (lane, *at) in self.first:
                self.again.append((index, lane, at))
                if self.first[(lane, *at)] != text:
                    self.fault(f"other bytes under {lane} {at}")
                continue
            self.first[(lane, *at)] = text
            before = newest.get(lane, (0, 0))
            if at < before:
                self.fault(f"{lane} {at} came for the first time after {before}")
            if tuple(batch["prev"] or (0, 0)) > before:
                self.fault(f"{lane} {at} follows {batch['prev']}, which never came")
            newest[lane] = max(before, at)
            self.read_rows(batch)

    def read_rows(self, batch):
        for row in batch["readings"]:
            if "gap" not in row:
                epoch = batch["epoch"]
                self.readings += 1
                self.newest_reading[epoch] = max(self.newest_reading.get(epoch, 0), row["ts"] / 1000)
            elif row["gap"]["reason"] == "unclean stop":
                self.unclean.add(batch["epoch"])

    def fault(self, text):
        self.faults.append(f"{self.name}: {text}")
