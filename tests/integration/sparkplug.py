#!/usr/bin/python3
"""Sparkplug B, read by Eclipse Tahu's library for Node (npm sparkplug-payload), with mosquitto in between.

usage: sparkplug.py FIELDWEIR BUILD

Exit status 0 only if all cases passed; they are skipped where npm cannot install the library.
"""
import json
import math
import os
import pathlib
import subprocess
import sys
import threading
import time
import traceback

from gateway_site import Site, check, ledger_of, uplink
from parts import SUPPORT, end_with_parent, listening, node_modules, wait_for

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "unit" / "uplink" / "golden"
BATCHES = ("contract", "kinds", "special", "texts", "part")
QUALITY = {"good": None, "bad": 0, "uncertain": 500}
DEVICES = """  - name: plant
    simulate: {interval: 50ms, seed: 7}
    signals:
      - {name: hall.temp, wave: sine, mean: 60, amplitude: 5, period: 1m, unit: "°C"}
  - name: pump
    simulate: {interval: 100ms, seed: 8}
    signals:
      - {name: on, wave: square, period: 1s, type: bool}
"""
EDGE = """  - name: host
    mqtt: {broker: site, group: plant-7, keep_alive: 1s}
    format: sparkplug_b
"""


class Tahu:
    def __init__(self, modules):
        self.env = {**os.environ, "NODE_PATH": str(modules)}

    def run(self, word, given=b""):
        done = subprocess.run(["node", SUPPORT / "sparkplug.js", word], input=given, capture_output=True, env=self.env, timeout=60)
        check(done.returncode == 0, done.stderr.decode())
        return done.stdout

    def read(self, lines):
        """[(topic, payload)] of lines "topic hex"."""
        return [(message["topic"], message["payload"]) for message in map(json.loads, self.run("read", lines).splitlines())]


class Host(Site):
    """A site with a subscriber to the group, which hears topics and payloads in hex."""

    def __init__(self, fieldweir, tahu):
        super().__init__(fieldweir, modbus=False, sink=False)
        self.tahu = tahu

    def listen(self):
        self.heard = self.folder / "heard"
        with open(self.heard, "ab") as file:
            self.processes["listener"] = subprocess.Popen(
                ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.broker_port), "-q", "1", "-F", "%t %x", "-t", "spBv1.0/plant-7/#"],
                stdout=file, preexec_fn=end_with_parent)

        def hears():
            self.publish("spBv1.0/plant-7/HELLO", b"x")
            return b"HELLO" in self.heard.read_bytes()
        wait_for(hears, 10, "subscriber")

    def messages(self, kind=""):
        """[(type, device, payload)] in order of arrival."""
        lines = [line for line in self.heard.read_bytes().splitlines(True) if line.endswith(b"\n") and b"HELLO" not in line]
        split = [(topic.split("/"), payload) for topic, payload in self.tahu.read(b"".join(lines))]
        check(all(parts[:2] == ["spBv1.0", "plant-7"] and parts[3] == "site" for parts, _ in split), "topics")
        return [(parts[2], "/".join(parts[4:]), payload) for parts, payload in split if kind in ("", parts[2])]

    def count(self, kind):
        return self.heard.read_bytes().count(f"/{kind}/".encode())


def metric(payload, name):
    return next(one for one in payload["metrics"] if one["name"] == name)


def properties(one):
    return {key: value["value"] for key, value in one.get("properties", {}).items()}


def sessions(messages):
    """The messages between one NBIRTH of a new bdSeq and the next; checks births, seq and types of each."""
    found = []
    for kind, device, payload in messages:
        if kind in ("NDEATH", "NCMD"):
            continue
        if kind == "NBIRTH":
            check(payload["seq"] in (0, "0"), payload)
            check(metric(payload, "Node Control/Rebirth")["value"] is False, payload)
            found.append({"bdSeq": metric(payload, "bdSeq")["value"], "births": {}, "data": [], "seq": 0})
            continue
        session = found[-1]
        session["seq"] = (session["seq"] + 1) % 256
        check(int(payload["seq"]) == session["seq"], f"seq {payload['seq']} instead of {session['seq']}")
        if kind == "DBIRTH":
            session["births"][device] = {one["name"]: one["type"] for one in payload["metrics"]}
        else:
            check(kind == "DDATA", kind)
            for one in payload["metrics"]:
                check(session["births"][device][one["name"]] == one["type"], f"{device}: {one}")
            session["data"].append((device, payload))
    return found


def identity(payload):
    said = json.loads(payload["body"])
    return (said["epoch"], said["lane"], said["seq"], tuple(said.get("part", (1, 1))))


def everything_arrived(site):
    """All readings that the uplink has counted as delivered are at the host."""
    delivered = ledger_of(site.status(), "host")["delivered"]
    unique = {identity(payload): len(payload["metrics"]) for _, _, payload in site.messages("DDATA")}
    check(sum(unique.values()) >= delivered > 0, f"{sum(unique.values())} of {delivered} arrived")


def case_golden_messages_say_what_json_says(_, tahu):
    for batch in BATCHES:
        line = f"{batch} {(GOLDEN / f'{batch}.sparkplug_b').read_bytes().hex()}\n"
        [(_, payload)] = tahu.read(line.encode())
        said = json.loads((GOLDEN / f"{batch}.json").read_bytes().decode("utf-8"))
        rows = [row for row in said["readings"] if "gap" not in row]
        check(payload["uuid"] == "fieldweir-json-1", payload)
        check(json.loads(payload["body"]) == {**said, "readings": [row for row in said["readings"] if "gap" in row]}, batch)
        check(len(payload["metrics"]) == len(rows), f"{batch}: {len(payload['metrics'])} metrics")
        for one, row in zip(payload["metrics"], rows):
            check(one["name"] == row["signal"].partition(".")[2].replace(".", "/"), f"{one} is not {row}")
            check(int(one["timestamp"]) == max(row["ts"], 0) and one.get("isHistorical", False) == said.get("historical", False), one)
            check(properties(one).get("Quality") == QUALITY[row["quality"]], f"{one} is not {row}")
            check(properties(one).get("reason") == row.get("reason"), f"{one} is not {row}")
            if row["value"] is None:
                check(one["value"] is None, one)
            elif isinstance(row["value"], float):
                check(math.isclose(one["value"], row["value"], rel_tol=1e-15), f"{one} is not {row}")
            elif one["type"] in ("Int64", "UInt64"):
                check((int(one["value"]) - int(row["value"])) % 2 ** 64 == 0, f"{one} is not {row}")
            else:
                check(one["value"] == row["value"], f"{one} is not {row}")


def case_births_come_first_and_everything_arrives(fieldweir, tahu):
    with Host(fieldweir, tahu) as site:
        site.listen()
        site.configure(devices=DEVICES, uplinks=EDGE)
        site.run()
        wait_for(lambda: site.count("DDATA") > 20, 20, "data")
        everything_arrived(site)
        check(site.end()[0] == 0, "exit status")
        wait_for(lambda: site.count("NDEATH") == 1, 5, "a death at the end")
        messages = site.messages()
        [session] = sessions(messages)
        check(messages[0][0] == "NBIRTH" and messages[1][0] == "DBIRTH", [kind for kind, *_ in messages[:4]])
        check(metric(messages[-1][2], "bdSeq")["value"] == session["bdSeq"], messages[-1])
        check(session["births"]["plant"] == {"hall/temp": "Double", "online": "Boolean"}, session["births"])
        check(session["births"]["pump"] == {"on": "Boolean", "online": "Boolean"}, session["births"])
        birth = next(payload for kind, device, payload in messages if (kind, device) == ("DBIRTH", "plant"))
        check(properties(metric(birth, "hall/temp")).get("engUnit") == "°C", birth)
        check(len(session["data"]) > 20 and any(not one.get("isHistorical") for _, p in session["data"] for one in p["metrics"]), "live data")


def case_a_killed_gateway_dies_by_its_will(fieldweir, tahu):
    with Host(fieldweir, tahu) as site:
        site.listen()
        site.configure(devices=DEVICES, uplinks=EDGE)
        site.run()
        wait_for(lambda: site.count("DDATA") > 3, 20, "data")
        site.stop("gateway")
        wait_for(lambda: site.count("NDEATH") == 1, 10, "the last will")
        [(_, _, death)] = site.messages("NDEATH")
        site.run()
        wait_for(lambda: site.count("NBIRTH") == 2, 20, "another birth")
        first, second = [metric(payload, "bdSeq")["value"] for _, _, payload in site.messages("NBIRTH")]
        check(metric(death, "bdSeq")["value"] == first != second, f"{death} {first} {second}")


def case_what_waited_is_historical(fieldweir, tahu):
    with Host(fieldweir, tahu) as site:
        site.listen()
        site.configure(devices=DEVICES, uplinks=EDGE)
        site.run()
        wait_for(lambda: site.count("DDATA") > 3, 20, "data")
        site.stop("mosquitto")
        site.stop("listener")
        site.until(lambda s: uplink(s, "host")["queued"] > 100, 20, "a backlog")
        site.freeze("gateway")  # the subscriber comes first
        site.start_broker()
        wait_for(lambda: listening(site.broker_port), 10, "broker")
        site.listen()
        site.thaw("gateway")
        wait_for(lambda: site.count("NBIRTH") >= 2, 30, "births")
        site.until(lambda s: uplink(s, "host")["queued"] < 20, 60, "the backlog is gone")

        def marks():
            data = sessions(site.messages())[-1]["data"]
            return [bool(one.get("isHistorical")) for _, payload in data for one in payload["metrics"]]
        wait_for(lambda: not all(marks()), 20, "new data that is not historical")
        check(sum(marks()) > 100, f"{sum(marks())} are historical")
        again = sessions(site.messages())[-1]
        born = max(int(payload["timestamp"]) for _, _, payload in site.messages("NBIRTH"))
        late = [one for _, payload in again["data"] for one in payload["metrics"]
                if bool(one.get("isHistorical")) != (int(one["timestamp"]) < born) and abs(int(one["timestamp"]) - born) > 100]
        check(not late, late[:3])


def case_births_come_again_on_command(fieldweir, tahu):
    with Host(fieldweir, tahu) as site:
        site.listen()
        site.configure(devices=DEVICES, uplinks=EDGE)
        site.run()
        wait_for(lambda: site.count("DDATA") > 3, 20, "data")
        time.sleep(1.1)  # a command within the births' second is taken for answered
        site.publish("spBv1.0/plant-7/NCMD/site", tahu.run("rebirth"))
        wait_for(lambda: site.count("NBIRTH") == 2 and site.count("DBIRTH") >= 4, 10, "births again")
        before = site.count("DDATA")
        wait_for(lambda: site.count("DDATA") > before + 3, 10, "data goes on")
        first, second = sessions(site.messages())
        check(first["bdSeq"] == second["bdSeq"] and second["births"] == first["births"], "the same node")
        everything_arrived(site)


def case_a_new_name_is_born_before_its_data(fieldweir, tahu):
    rooms = """  - name: rooms
    mqtt: {broker: site, topic: "rooms/{room}"}
    max_instances: 2
    signals:
      - {name: "{room}.temperature", pointer: /temperature, type: float64}
"""
    with Host(fieldweir, tahu) as site:
        site.listen()
        site.configure(devices=DEVICES + rooms, uplinks=EDGE)
        site.run()
        wait_for(lambda: site.count("DDATA") > 3, 20, "data")

        def hears():
            site.publish("rooms/kitchen", b'{"temperature": 21.5}')
            return any("kitchen/temperature" in [one["name"] for one in payload["metrics"]]
                       for _, device, payload in site.messages("DDATA") if device == "rooms")
        wait_for(hears, 20, "the kitchen")
        found = sessions(site.messages())
        check("kitchen/temperature" not in found[0]["births"]["rooms"], "not before anybody knew")
        check(found[-1]["births"]["rooms"]["kitchen/temperature"] == "Double", found[-1]["births"])


def case_a_quiet_gateway_answers_and_comes_back(fieldweir, tahu):
    with Host(fieldweir, tahu) as site:
        site.listen()
        site.configure(devices=DEVICES.replace("50ms", "1h").replace("100ms", "1h"), uplinks=EDGE)
        site.run()
        wait_for(lambda: site.count("DDATA") > 0, 20, "the first readings")
        time.sleep(1.1)  # as above
        births = site.count("NBIRTH")
        site.publish("spBv1.0/plant-7/NCMD/site", tahu.run("rebirth"))
        wait_for(lambda: site.count("NBIRTH") > births, 5, "births again")
        site.stop("mosquitto")
        site.stop("listener")
        site.freeze("gateway")
        site.start_broker()
        wait_for(lambda: listening(site.broker_port), 10, "broker")
        site.listen()
        births = site.count("NBIRTH")
        site.thaw("gateway")
        wait_for(lambda: site.count("NBIRTH") > births, 20, "births without data")
        first, *_, last = [metric(payload, "bdSeq")["value"] for _, _, payload in site.messages("NBIRTH")]
        check(first != last, f"bdSeq is still {last}")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    modules, missing = node_modules(sys.argv[2], "sparkplug-payload@1")
    if modules is None:
        print(f"skipped: {missing}")
        return 0
    tahu, results = Tahu(modules), {}

    def run(name, case):
        begun = time.monotonic()
        try:
            case(sys.argv[1], tahu)
            said, results[name] = "", True
        except Exception:  # whatever it is, it is the case's result
            said, results[name] = "\n" + traceback.format_exc(), False
        print(f"{'ok    ' if results[name] else 'FAILED'} {time.monotonic() - begun:5.1f} s  {name.removeprefix('case_')}{said}", flush=True)

    cases = {name: case for name, case in globals().items() if name.startswith("case_") and all(word in name for word in sys.argv[3:])}
    threads = [threading.Thread(target=run, args=item) for item in cases.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0 if cases and all(results.get(name) for name in cases) else 1


if __name__ == "__main__":
    sys.exit(main())
