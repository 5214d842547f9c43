#!/usr/bin/python3
"""The formats, read by programs that are not ours: JSON Schemas by python3-jsonschema, line protocol by an InfluxDB server.

usage: formats.py FIELDWEIR

What is read are the golden files, which the unit tests compare byte by byte, and what the real daemon sends. Exit status 0 only if
all cases passed.
"""
import collections
import copy
import json
import pathlib
import sys
import time
import traceback
import urllib.parse
import urllib.request

import jsonschema
from gateway_account import at_sink, balance, everything_arrived
from gateway_site import CLOUD, PLANT, Site, check, ledger_of
from parts import free_port, wait_for

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "unit" / "uplink" / "golden"
SCHEMAS = HERE.parent.parent / "docs" / "formats"
BATCHES = ("contract", "kinds", "special", "texts", "part", "thinned")


def golden(batch, form):
    return (GOLDEN / f"{batch}.{form}").read_bytes().decode("utf-8")


# --- JSON Schema

def validator(form):
    schemas = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.schema.json")}
    schema = schemas[f"{form}.schema.json"]
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver("", schema, store=schemas))


def mutants(message):
    """The message with one member left out, renamed or made an object, for every member of every object in it."""
    def objects(node, path=()):
        if isinstance(node, dict):
            yield path
        for key, inner in (node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()):
            yield from objects(inner, path + (key,))
    for path in objects(message):
        def at(copied, steps=path):
            for step in steps:
                copied = copied[step]
            return copied
        for key in at(message):
            renamed, wrong = copy.deepcopy(message), copy.deepcopy(message)
            at(renamed)[key + "_"] = at(renamed).pop(key)
            at(wrong)[key] = {"of": "another type"}
            yield renamed
            yield wrong


def case_messages_are_as_their_schemas_say(_):
    for form in ("json", "json_flat", "senml", "cloudevents"):
        schema = validator(form)
        for batch in BATCHES:
            message = json.loads(golden(batch, form))
            schema.validate(message)
            if batch == "kinds":  # long, and of the same members as the others
                continue
            passed = [mutant for mutant in mutants(message) if schema.is_valid(mutant)]
            check(not passed, f"{form} {batch}: the schema takes {json.dumps(passed[:1])}")


def case_a_bad_reading_has_no_value_and_a_good_one_no_reason(_):
    for form, rows in (("json", lambda message: message["readings"]), ("json_flat", lambda message: message)):
        schema = validator(form)
        for quality, wrong in (("bad", {"value": 1}), ("bad", {"reason": ""}), ("good", {"reason": "stale"}),
                               ("good", {"value": None}), ("uncertain", {"value": None})):
            message = json.loads(golden("kinds", form))
            next(row for row in rows(message) if row["quality"] == quality).update(wrong)
            check(not schema.is_valid(message), f"{form}: the schema takes a {quality} reading with {wrong}")


def resolved(pack):
    """RFC 8428, section 4.6: [(name, time, unit, value)]; what is of 2^28 s or more is absolute."""
    base = {}
    for record in pack:
        base.update({key: value for key, value in record.items() if key in ("bn", "bt", "bu")})
        moment = base.get("bt", 0) + record.get("t", 0)
        check(moment >= 2 ** 28, f"{record} is relative to now")
        value = next(record[key] for key in ("v", "vs", "vb") if key in record)
        yield base.get("bn", "") + record["n"], moment, record.get("u", base.get("bu")), value


def case_senml_says_what_json_says(_):
    for batch in BATCHES:
        message = json.loads(golden(batch, "json"))
        records = list(resolved(json.loads(golden(batch, "senml"))))
        prefix = f"fieldweir/{message['gateway']}/"
        check(all(name.startswith(prefix) for name, *_ in records), "names")
        found = collections.Counter((name.removeprefix(prefix), json.dumps(value)) for name, _, _, value in records)
        wanted = collections.Counter()
        lane, place = message["lane"], f"{message['epoch']}/{message['seq']}"
        wanted[lane + "/position", json.dumps(f"{message['stream']}/{place}")] += 1
        if message["prev"]:
            wanted[lane + "/prev", json.dumps("{}/{}".format(*message["prev"]))] += 1
        if "replaces" in message:
            wanted[lane + "/replaces", json.dumps("{}/{}".format(*message["replaces"][0]))] += 1
        for mark in ("clock", "historical"):
            if mark in message:
                wanted[f"{lane}/{mark}", json.dumps(message[mark])] += 1
        if "part" in message:
            wanted[lane + "/part", json.dumps("{}/{}".format(*message["part"]))] += 1
        for row in message["readings"]:
            if "gap" in row:
                wanted[lane + "/gap", json.dumps(row["gap"]["reason"])] += 1
                if "signals" in row["gap"]:
                    wanted[lane + "/gap/signals", json.dumps(",".join(row["gap"]["signals"]))] += 1
                if row["gap"]["readings"] is not None:
                    wanted[lane + "/gap/readings", json.dumps(row["gap"]["readings"])] += 1
                continue
            name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "".join(f":{b:02x}" for b in c.encode())
                           for c in row["signal"])
            if row["value"] is not None:
                wanted[name, json.dumps(row["value"])] += 1
            if row["quality"] != "good":
                wanted[f"{name}/{row['quality']}", json.dumps(row["reason"])] += 1
            for member in ("min", "max", "count"):
                if member in row:
                    wanted[f"{name}/{member}", json.dumps(row[member])] += 1
            if "thinned" in row:
                wanted[f"{name}/span", json.dumps(row["span_ms"] // 1000)] += 1
        until = {key: n for key, n in found.items() if key[0] == lane + "/gap/to"}
        check(len(message["readings"]) >= len(until), "ends of gaps")
        check(found - collections.Counter(until) == wanted, f"{batch}: {found - wanted} and {wanted - found}")


# --- InfluxDB

class Influx:
    """A server of its own in the folder of a site."""

    def __init__(self, site):
        self.port = free_port()
        config = site.folder / "influxdb.conf"
        folder = site.folder / "influx"
        config.write_text(f"""reporting-disabled = true
bind-address = "127.0.0.1:{free_port()}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{self.port}"
""")
        self.site, self.config = site, config
        self.start()
        self.ask("CREATE DATABASE plant", post=True)

    def start(self):
        self.site.start("influxd", ["influxd", "-config", str(self.config)])
        wait_for(self.answers, 30, "InfluxDB")

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=5).status == 204
        except OSError:
            return False

    def ask(self, query, post=False):
        """The rows as dictionaries, time in ns."""
        arguments = urllib.parse.urlencode({"db": "plant", "epoch": "ns", "q": query})
        url = f"http://127.0.0.1:{self.port}/query?" + arguments
        answer = json.load(urllib.request.urlopen(url, data=b"" if post else None, timeout=10))["results"][0]
        check("error" not in answer, f"{query}: {answer}")
        return [{key: value for key, value in zip(series["columns"], row) if value is not None}
                for series in answer.get("series", []) for row in series["values"]]

    def write(self, lines):
        url = f"http://127.0.0.1:{self.port}/write?db=plant"
        try:
            return urllib.request.urlopen(url, data=lines, timeout=10).status
        except urllib.error.HTTPError as refused:
            return refused.read()


def case_influx_takes_every_golden_message(fieldweir):
    with Site(fieldweir, broker=False, modbus=False, sink=False) as site:
        influx = Influx(site)
        for batch in BATCHES:
            said = influx.write(golden(batch, "influx").encode())
            check(said == 204, f"{batch}: {said}")
        check(influx.write(b"reading,signal=x value=no 1") != 204, "this server takes anything")
        rows = influx.ask("SELECT * FROM reading WHERE gateway = 'g-1'")
        found = {row["signal"]: {key: row[key] for key in ("unit", "value", "time") if key in row} for row in rows}
        check(found["Küche, links.a=b"] == {"unit": "°C", "value": 21.5, "time": 1767225600123456789}, found)
        check(found["d.back\ufffdslash\ufffd"] == {"unit": "m³/h", "value": 3, "time": 1767225600373456789}, found)
        check([row["text"] for row in rows if "text" in row] == ["say \"no\",\nthen \\ and \ufffd stop"], rows)
        gaps = influx.ask("SELECT * FROM gap")
        check([(gap["reason"], gap.get("readings"), gap["to"] - gap["from"]) for gap in gaps] ==
              [("ring full", 42, 1000000000), ("unclean stop", None, 0)], gaps)
        rows = influx.ask("SELECT * FROM reading WHERE thinned = true")
        found = [(row["signal"], row["count"], row.get("min"), row.get("value"), row.get("max"), row["span_ms"]) for row in rows]
        check(len(found) == 6 and ("d.f", 60, 70.1, 73.4, 75, 60000) in found, f"each stays a point of its own: {found}")
        [special] = influx.ask("SELECT * FROM batch WHERE gateway = 'g' AND lane = 'events'")
        check((special["replaces_seq"], special["prev_seq"], special["clock"], special["historical"]) ==
              (7, 6, "unsynchronised", True), special)


def case_influx_keeps_every_kind_exactly(fieldweir):
    """All readings of the golden message, each moved to a time of its own: InfluxDB keeps one point per time."""
    with Site(fieldweir, broker=False, modbus=False, sink=False) as site:
        influx = Influx(site)
        lines = golden("kinds", "influx").splitlines()[1:]
        moved = [f"{line[:line.rindex(' ')]} {1767225600000000000 + i}" for i, line in enumerate(lines)]
        check(influx.write("\n".join(moved).encode()) == 204, "write")
        rows = sorted(influx.ask("SELECT * FROM reading"), key=lambda row: row["time"])
        readings = json.loads(golden("kinds", "json"))["readings"]
        check(len(rows) == len(readings), f"{len(rows)} rows")
        for row, reading in zip(rows, readings):
            value = next((row[key] for key in ("value", "integer", "boolean", "text") if key in row), None)
            if isinstance(reading["value"], str) and reading["value"] != "heating":
                value = str(value)  # integers that JSON does not hold exactly
            check((value, row["quality"], row.get("reason")) == (reading["value"], reading["quality"], reading.get("reason")),
                  f"{row} is not {reading}")


MIXED = """  - name: mixed
    mqtt: {broker: site, topic: "mixed/{what}"}
    max_instances: 4
    signals:
      - {name: "{what}.number", pointer: /number, type: float64}
      - {name: "{what}.flag", pointer: /flag, type: bool}
"""


def case_influx_has_what_json_has(fieldweir):
    """The real daemon sends each batch twice: as json to a sink, in line protocol to a server that appears late."""
    with Site(fieldweir, modbus=False) as site:
        influx = Influx(site)
        site.stop("influxd")  # a server without the database would make the uplink pause
        url = f"http://127.0.0.1:{influx.port}/write?db=plant"
        history = f'  - name: history\n    https: {{url: "{url}"}}\n    format: influx\n'
        site.configure(devices=PLANT + MIXED, uplinks=CLOUD + history)
        site.run()
        site.until(lambda s: all(d["state"] == "online" for d in s["devices"]), 15, "devices")
        for n in range(20):
            site.publish("mixed/a", json.dumps({"number": n + 0.5, "flag": n % 2 == 0} if n % 5 else {"number": "x"}).encode())
        site.until(lambda s: ledger_of(s, "history")["queued"] > 50, 20, "a backlog")
        influx.start()
        site.until(lambda s: ledger_of(s, "history")["delivered"] > 100 and ledger_of(s, "history")["queued"] < 20, 40,
                   "InfluxDB gets the backlog")
        check(site.end()[0] == 0, "exit status")
        arrived = at_sink(site)
        everything_arrived(site, arrived)
        counts = balance(site, "history")
        check(counts["dead_lettered"] == counts["dropped"] == counts["queued"] == 0, f"{counts}")
        rows = influx.ask("SELECT * FROM reading")
        there = collections.Counter((row["signal"], row["time"] // 1000000, row.get("value", row.get("boolean")), row["quality"],
                                     row.get("reason")) for row in rows)
        here = collections.Counter((row["signal"], row["ts"], row["value"], row["quality"], row.get("reason"))
                                   for row in arrived.readings)
        check(there == here, f"only in InfluxDB: {there - here}; only at the sink: {here - there}")
        check({row["quality"] for row in rows} >= {"good", "bad"} and any("boolean" in row for row in rows), "all kinds took part")
        batches = influx.ask("SELECT * FROM batch")
        check(sum(batch["readings"] for batch in batches) == len(rows) and len(batches) == len(arrived.batches), "batches")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    failed = 0
    for name, case in list(globals().items()):
        if not name.startswith("case_"):
            continue
        begun = time.monotonic()
        try:
            case(sys.argv[1])
            print(f"ok     {time.monotonic() - begun:5.1f} s  {name.removeprefix('case_')}", flush=True)
        except Exception:  # whatever it is, it is the case's result
            failed += 1
            print(f"FAILED {time.monotonic() - begun:5.1f} s  {name.removeprefix('case_')}", flush=True)
            traceback.print_exc(file=sys.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
