#!/usr/bin/python3
"""The real daemon and npm's kinesalite, an implementation of the Kinesis API that is not ours (it verifies no signature).

usage: kinesis.py FIELDWEIR BUILD

Exit status 0 only if all readings arrived in order; skipped where npm cannot install kinesalite.
"""
import base64
import collections
import json
import subprocess
import sys
import urllib.request

from gateway_site import Site, check, ledger_of, uplink
from parts import end_with_parent, free_port, listening, node_modules, wait_for

DEVICES = "".join(f"""  - name: {name}
    simulate: {{interval: 50ms, seed: {seed}}}
    signals:
      - {{name: temp, wave: sine, mean: 60, amplitude: 5, period: 1m}}
""" for seed, name in enumerate(("boiler", "press", "tank")))


class Stream:
    """kinesalite with one stream of three shards."""

    def __init__(self, site, modules):
        self.port, self.site, self.modules = free_port(), site, modules
        self.start()
        self.ask("CreateStream", StreamName="plant-7", ShardCount=3)
        wait_for(lambda: self.ask("DescribeStream", StreamName="plant-7")["StreamDescription"]["StreamStatus"] == "ACTIVE", 10, "stream")

    def start(self):
        log = open(self.site.folder / "kinesalite.log", "ab")
        self.site.processes["kinesalite"] = subprocess.Popen(
            ["node", str(self.modules / "kinesalite" / "cli.js"), "--port", str(self.port), "--createStreamMs", "10",
             "--path", str(self.site.folder / "kinesalite")], stdout=log, stderr=log, preexec_fn=end_with_parent)
        wait_for(lambda: listening(self.port), 20, "kinesalite")

    def ask(self, operation, **said):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", json.dumps(said).encode(), {
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Kinesis_20131202." + operation, "X-Amz-Date": "now",
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=a, Signature=a"})
        answer = urllib.request.urlopen(request, timeout=10).read()
        return json.loads(answer) if answer else {}

    def records(self):
        """[(shard, partition key, message)] of all shards, each in its order."""
        found = []
        for shard in self.ask("DescribeStream", StreamName="plant-7")["StreamDescription"]["Shards"]:
            at = self.ask("GetShardIterator", StreamName="plant-7", ShardId=shard["ShardId"],
                          ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            while True:
                answer = self.ask("GetRecords", ShardIterator=at)
                found += [(shard["ShardId"], one["PartitionKey"], json.loads(base64.b64decode(one["Data"]))) for one in answer["Records"]]
                if not answer["Records"]:
                    break
                at = answer["NextShardIterator"]
        return found


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    modules, missing = node_modules(sys.argv[2], "kinesalite@3")
    if modules is None:
        print(f"skipped: {missing}")
        return 0
    with Site(sys.argv[1], broker=False, modbus=False, sink=False) as site:
        stream = Stream(site, modules)
        site.configure(devices=DEVICES, uplinks=f"""  - name: archive
    kinesis: {{stream: plant-7, region: eu-central-1, endpoint: "http://127.0.0.1:{stream.port}", access_key: AKID, secret_key: secret}}
    partition_by: device
""")
        site.run()
        site.until(lambda s: ledger_of(s, "archive")["delivered"] > 60, 30, "data")
        site.stop("kinesalite")
        site.until(lambda s: uplink(s, "archive")["queued"] > 100, 20, "a backlog")
        stream.start()
        site.until(lambda s: ledger_of(s, "archive")["delivered"] > 250 and uplink(s, "archive")["queued"] < 30, 60, "the backlog is gone")
        delivered = ledger_of(site.status(), "archive")
        check(delivered["dead_lettered"] == delivered["dropped"] == 0, delivered)

        order, readings, shards = collections.defaultdict(list), {}, collections.defaultdict(set)
        for shard, key, message in stream.records():
            check(message["gateway"] == "site" and all(row["signal"].startswith(key + ".") for row in message["readings"]), message)
            place = (message["epoch"], message["seq"])
            shards[key].add(shard)
            if (key, place) not in readings:
                order[key].append(place)
            readings[key, place] = len(message["readings"])
        check(set(order) == {"boiler", "press", "tank"}, set(order))
        for key, places in order.items():
            check(places == sorted(places) and len(shards[key]) == 1, f"{key} is out of order")
        check(sum(readings.values()) >= delivered["delivered"], f"{sum(readings.values())} of {delivered['delivered']} arrived")
        print(f"{len(readings)} records, {sum(readings.values())} readings, in order")
        check(site.end()[0] == 0, "exit status")
    return 0


if __name__ == "__main__":
    sys.exit(main())
