"""What arrived at the far end, compared with the daemon's own ledger."""
import collections
import json
import re

from gateway_site import check

Taken = collections.namedtuple("Taken", "batches readings gaps")


def taken(texts):
    """Batches by position, their readings and gap marks. Fails if equal positions have other bytes or if numbers are missing."""
    batches = {}
    for text in texts:
        batch = json.loads(text)
        at = (batch["stream"], batch["epoch"], batch["lane"], batch["seq"], *batch.get("part", ()))
        check(batches.setdefault(at, (text, batch))[0] == text, f"other bytes under {at}")
    runs = {}
    for (stream, epoch, lane, seq, *_), (_, batch) in batches.items():
        first = batch["replaces"][0][1] if "replaces" in batch else seq
        runs.setdefault((stream, epoch, lane), set()).update(range(first, seq + 1))
    for run, seqs in runs.items():
        check(len(seqs) == max(seqs), f"{run}: {max(seqs) - len(seqs)} positions are missing before the last one")
    rows = [row for _, batch in batches.values() for row in batch["readings"]]
    return Taken({at: batch for at, (_, batch) in batches.items()}, [row for row in rows if "gap" not in row],
                 [row["gap"] for row in rows if "gap" in row])


def at_sink(site, but=()):
    """Of what the sink answered with 2xx; `but`: texts of batches that it refused for ever."""
    return taken([entry["body"] for entry in recorded(site) if 200 <= entry["status"] < 300] + list(but))


def recorded(site):
    return [json.loads(line) for line in site.record.read_text().splitlines()]


def heard_by(*files):
    return taken([line for file in files for line in file.read_text().splitlines() if line.startswith("{")])


def balance(site, uplink="cloud"):
    """The ledger's two equations, exact at rest; the counts of the uplink."""
    field, uplinks = ledgers(site)
    counts = uplinks[uplink]
    check(field["sampled"] + field["derived"] == field["filtered"] + field["lost"] + field["batched"], f"field side: {field}")
    parts = sum(counts[key] for key in ("not_selected", "delivered", "queued", "dropped", "dead_lettered"))
    check(parts == field["batched"], f"{uplink}: {counts} of {field['batched']} batched")
    return counts


def everything_arrived(site, arrived, uplink="cloud"):
    """After end(): what was put into batches is at the far end and nowhere else."""
    counts = balance(site, uplink)
    check(counts["queued"] == counts["dropped"] == counts["dead_lettered"] == 0, f"{counts}")
    check(len(arrived.readings) == counts["delivered"], f"{len(arrived.readings)} readings arrived, ledger: {counts}")


def ledgers(site):
    """What the daemon logged when it stopped last: (field, {uplink: counts})."""
    last = [line for line in site.log().splitlines() if "ledger sampled=" in line][-1]
    field, *uplinks = last.split("ledger ", 1)[1].split("; ")
    counts = [{key: int(n) for key, n in re.findall(r"(\w+)=(\d+)", text)} for text in (field, *uplinks)]
    return counts[0], {text.split()[1]: found for text, found in zip(uplinks, counts[1:])}
