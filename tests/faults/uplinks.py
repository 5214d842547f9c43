#!/usr/bin/python3
"""Random faults between real daemons and every kind of destination, from a seed.

usage: uplinks.py FIELDWEIR PRELOAD KAFKA_CLUSTER [EVENTS [SEED]]

Every gateway has an uplink of each kind, each through a proxy of its own (tests/support/fault_proxy.py) that suffers its
share of the events one after the other. Names do not resolve at the start, and stop resolving again and again. At the end
every destination must have everything, in order, what came twice with equal bytes, and each ledger must say so too.
While the far side can be reached nothing may stand still for longer than the back-off's cap and 5 s; a connection that
is dead and looks alive is given up within 30 s.
"""
import asyncio
import concurrent.futures
import json
import pathlib
import random
import subprocess
import sys
import time
import types

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "integration")]
from fault_proxy import FAULTS, Proxy  # noqa: E402
from gateway_account import balance  # noqa: E402
from gateway_site import Site, status_of, wait_for  # noqa: E402
from parts import listening  # noqa: E402
from taken import Taken, bodies  # noqa: E402

KINDS = ("https", "mqtt", "kafka")
BACK_WITHIN = 60 + 5  # the back-off's cap and 5 s
NOTICED_WITHIN = 30
EVENTS_EACH = 4  # of an uplink of the short form, or else they would take too long one after the other
CONFIGURATION = """version: 1
gateway: {{id: {name}}}
brokers: {{site: {{url: "mqtt://broker.test:{mqtt}"}}}}
devices:
  - name: plant
    simulate: {{interval: 100ms, seed: 7}}
    signals:
      - {{name: temp, wave: sine, mean: 60, amplitude: 5, period: 1m}}
batch: {{every: 200ms}}
buffer: {{path: "{folder}/{name}.db", max_size: 64MiB, persist_after: 200ms, commit: {{every: 200ms}}}}
uplinks:
  - name: https
    https: {{url: "http://sink.test:{https}/v1/batch", insecure: true, timeout: 2s}}
  - name: mqtt
    mqtt: {{broker: site, topic: "scada/{{gateway}}/{{lane}}", keep_alive: 4s}}
  - name: kafka
    kafka: {{brokers: ["127.0.0.1:{kafka}"], topic: plant, security: plaintext}}
log: {{level: info}}
"""


class FaultySite(Site):
    """One sink, one broker, one cluster; some gateways."""

    def __init__(self, fieldweir, preload, cluster, gateways):
        super().__init__(fieldweir, modbus=False)
        self.preload, self.cluster = preload, cluster
        self.gateways = [Gateway(self, f"gateway{number}") for number in range(gateways)]

    def start_cluster(self):
        fifo = self.folder / "orders.fifo"
        subprocess.run(["mkfifo", str(fifo)], check=True)
        self.start("cluster", [self.cluster, "1", "plant", str(len(self.gateways)), str(fifo)])
        wait_for(lambda: ":" in self.log("cluster"), 10, "the cluster")
        self.cluster_port = int(self.log("cluster").split("\n")[0].rsplit(":", 1)[1])

    def texts(self):
        """By kind: everything that the destination was given, in order of arrival per gateway."""
        kcat = subprocess.run(["kcat", "-C", "-q", "-e", "-b", f"127.0.0.1:{self.cluster_port}", "-t", "plant",
                               "-o", "beginning", "-f", "%s\\n"], capture_output=True, text=True, timeout=60, check=True)
        return {"https": list(bodies(self.record)), "kafka": kcat.stdout.splitlines(),
                "mqtt": [line for line in self.heard.read_text().splitlines() if line.startswith("{")]}


class Gateway:
    """One daemon behind its proxies, and what was seen of it."""

    def __init__(self, site, name):
        self.site, self.name = site, name
        self.names = site_names = None
        self.slowest = dict.fromkeys(KINDS, 0.0)

    async def start(self):
        site = self.site
        self.proxies = {"https": Proxy(site.sink_port), "mqtt": Proxy(site.broker_port)}
        # the cluster tells its clients where it listens
        self.proxies["kafka"] = Proxy(site.cluster_port, lambda piece: piece.replace(
            b"127.0.0.1" + site.cluster_port.to_bytes(4, "big"),
            b"127.0.0.1" + self.proxies["kafka"].port.to_bytes(4, "big")))
        for proxy in self.proxies.values():
            await proxy.start()
        self.names = site.folder / f"{self.name}.names"
        config = site.folder / f"{self.name}.yaml"
        config.write_text(CONFIGURATION.format(name=self.name, folder=site.folder,
                                               **{kind: proxy.port for kind, proxy in self.proxies.items()}))
        self.socket = str(site.folder / f"{self.name}.sock")
        site.start(self.name, ["env", f"LD_PRELOAD={site.preload}", f"FIELDWEIR_TEST_NAMES={self.names}", site.fieldweir,
                               "run", "--config", str(config), "--socket", self.socket])
        await asyncio.sleep(1)
        self.names.touch()

    async def suffer(self, kind, events, chance):
        """`events` faults of one connection; most hit one that is still waiting after those before."""
        for number in range(events):
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            if chance.random() < 0.2:
                self.names.unlink(missing_ok=True)
            await self.proxies[kind].suffer(chance.choice(FAULTS), chance.uniform(0.1, 2.5))
            self.names.touch()
            if number + 1 == events or chance.random() < 0.1:
                await self.back(kind)

    async def back(self, kind):
        """Until something is delivered again."""
        begun = time.monotonic()
        before = self.delivered(kind)
        while self.delivered(kind) <= before:
            if time.monotonic() - begun > BACK_WITHIN:
                raise AssertionError(f"{self.name}: {kind} is not back within {BACK_WITHIN} s\n{self.site.log(self.name)}")
            await asyncio.sleep(0.1)
        self.slowest[kind] = max(self.slowest[kind], time.monotonic() - begun)

    def delivered(self, kind):
        try:
            uplinks = status_of(self.socket)["ledger"]["uplinks"]
        except OSError:
            return 0
        return next(one["delivered"] for one in uplinks if one["name"] == kind)

    def owes(self):
        return any(one["queued"] > 50 for one in status_of(self.socket)["ledger"]["uplinks"])

    def faults(self, texts):
        """Everything that must not be, now that it has ended."""
        found = []
        account = types.SimpleNamespace(log=lambda: self.site.log(self.name))
        for kind in KINDS:
            ours = [text for text in texts[kind] if json.loads(text)["gateway"] == self.name]
            taken = Taken(f"{self.name} {kind}", ours)
            found += taken.faults
            counts = balance(account, kind)
            if counts["queued"] or counts["dropped"] or counts["dead_lettered"] or taken.readings != counts["delivered"]:
                found.append(f"{self.name} {kind}: {taken.readings} readings arrived, {counts}")
            for seconds in self.proxies[kind].noticed:
                if seconds > NOTICED_WITHIN:
                    found.append(f"{self.name} {kind}: a dead connection was noticed after {seconds:.0f} s")
        return found


async def run(site, events, chance):
    gateways = site.gateways
    await asyncio.gather(*(gateway.start() for gateway in gateways))
    shares = [[events // (len(gateways) * len(KINDS))] * len(KINDS) for _ in gateways]
    for extra in range(events % (len(gateways) * len(KINDS))):
        shares[extra % len(gateways)][extra // len(gateways)] += 1
    await asyncio.gather(*(gateway.suffer(kind, share, random.Random(chance.random()))
                           for gateway, each in zip(gateways, shares) for kind, share in zip(KINDS, each)))
    end = time.monotonic() + BACK_WITHIN
    while any(gateway.owes() for gateway in gateways) and time.monotonic() < end:
        await asyncio.sleep(0.2)
    # each of them ends within 5 s, and meanwhile the proxies go on
    with concurrent.futures.ThreadPoolExecutor(len(gateways)) as pool:
        loop = asyncio.get_running_loop()
        ended = await asyncio.gather(*(loop.run_in_executor(pool, site.end, gateway.name) for gateway in gateways))
    return [f"{gateway.name}: exit status {status}" for gateway, (status, _) in zip(gateways, ended) if status]


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    fieldweir, preload, cluster = sys.argv[1:4]
    events = int(sys.argv[4]) if len(sys.argv) > 4 else 200
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else int(time.time())
    print(f"seed {seed}", flush=True)
    gateways = max(1, min(16, events // (EVENTS_EACH * len(KINDS))))
    with FaultySite(fieldweir, preload, cluster, gateways) as site:
        site.start_cluster()
        site.heard = site.subscribe("first")
        wait_for(lambda: listening(site.sink_port), 10, "the sink")
        faults = asyncio.run(run(site, events, random.Random(seed)))
        texts = site.texts()
        for gateway in site.gateways:
            faults += gateway.faults(texts)
        print("\n".join(faults) if faults else "everything arrived, in order")
        for kind in KINDS:
            noticed = [seconds for gateway in site.gateways for seconds in gateway.proxies[kind].noticed]
            back = [gateway.slowest[kind] for gateway in site.gateways]
            print(f"{kind}: back after a fault within {max(back):.1f} s, "
                  f"{len(noticed)} dead connections noticed within {max(noticed, default=0):.1f} s")
        print(f"events={events} gateways={gateways} batches={sum(len(one) for one in texts.values())} faults={len(faults)}")
        if faults:
            print(site.log(faults[0].split()[0].rstrip(":"))[-4000:])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
