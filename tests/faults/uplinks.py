#!/usr/bin/python3
"""Random faults between real daemons and every kind of destination, from a seed.

usage: uplinks.py FIELDWEIR PRELOAD KAFKA_CLUSTER [EVENTS [SEED]]

Every gateway has an uplink of each kind, in every second gateway over TLS, each through a proxy of its own
(tests/support/fault_proxy.py) that suffers its share of the events one after the other. Names do not resolve at the start,
and stop resolving again and again. At the end every destination must have everything, in order, what came twice with equal
bytes, and each ledger must say so too.
While the far side can be reached nothing may stand still for longer than the back-off's cap and 5 s; a connection that
is dead and looks alive is given up within 30 s.
"""
import asyncio
import random
import sys
import time

from far_side import KINDS, FarSide, Gateway  # first: it says where the others are
from authority import Authority
from fault_proxy import FAULTS, Proxy
from tls_door import Door

NOTICED_WITHIN = 30
EVENTS_EACH = 4  # of an uplink in the short form: they take their time one after the other


class FaultyGateway(Gateway):
    """One daemon behind its proxies; behind those, if it talks TLS, doors with the certificates of `authority`."""

    def __init__(self, site, name, authority=None):
        super().__init__(site, name)
        self.authority = authority

    async def start(self):
        targets = self.site.ports()
        if self.authority:
            doors = {kind: Door(port, self.authority) for kind, port in targets.items()}
            await asyncio.gather(*(door.start() for door in doors.values()))
            targets = {kind: door.port for kind, door in doors.items()}
        self.proxies = {kind: Proxy(port) for kind, port in targets.items()}
        await asyncio.gather(*(proxy.start() for proxy in self.proxies.values()))
        ports = {kind: proxy.port for kind, proxy in self.proxies.items()}
        # who sees what the cluster says in the clear
        (doors if self.authority else self.proxies)["kafka"].rewrite = self.site.said_where(ports["kafka"])
        if self.authority:
            self.run_over_tls(ports, f'ca: "{self.authority.path("ca")}.pem"')
        else:
            self.run(broker=f'url: "mqtt://broker.test:{ports["mqtt"]}"',
                     https=f'url: "http://sink.test:{ports["https"]}/v1/batch", insecure: true',
                     kafka=f'brokers: ["127.0.0.1:{ports["kafka"]}"], security: plaintext',
                     kinesis=f'endpoint: "http://sink.test:{ports["kinesis"]}/", insecure: true')
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

    def faults(self, texts):
        return super().faults(texts) + [
            f"{self.name} {kind}: a dead connection was noticed after {seconds:.0f} s"
            for kind in KINDS for seconds in self.proxies[kind].noticed if seconds > NOTICED_WITHIN]


async def run(site, gateways, events, chance):
    await asyncio.gather(*(gateway.start() for gateway in gateways))
    connections = [(gateway, kind) for gateway in gateways for kind in KINDS]
    share, rest = divmod(events, len(connections))
    await asyncio.gather(*(gateway.suffer(kind, share + (number < rest), random.Random(chance.random()))
                           for number, (gateway, kind) in enumerate(connections)))
    await asyncio.gather(*(gateway.drained() for gateway in gateways))
    return await site.end_all(gateways)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    events = int(sys.argv[4]) if len(sys.argv) > 4 else 200
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else int(time.time())
    print(f"seed {seed}", flush=True)
    number = max(1, min(16, events // (EVENTS_EACH * len(KINDS))))
    with FarSide(*sys.argv[1:4], partitions=number) as site:
        authority = Authority(site.folder / "authority")
        gateways = [FaultyGateway(site, f"gateway{each}", authority if each % 2 else None) for each in range(number)]
        faults = asyncio.run(run(site, gateways, events, random.Random(seed)))
        texts = site.texts()
        for gateway in gateways:
            faults += gateway.faults(texts)
        print("\n".join(faults) if faults else "everything arrived, in order")
        for kind in KINDS:
            noticed = [seconds for gateway in gateways for seconds in gateway.proxies[kind].noticed]
            print(f"{kind}: back after a fault within {max(gateway.slowest[kind] for gateway in gateways):.1f} s, "
                  f"{len(noticed)} dead connections noticed within {max(noticed, default=0):.1f} s")
        print(f"events={events} gateways={number} batches={sum(len(one) for one in texts.values())} faults={len(faults)}")
        if faults:
            print(site.log(faults[0].split()[0].rstrip(":"))[-4000:])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
