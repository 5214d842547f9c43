#!/usr/bin/python3
"""Wrong certificates in front of every kind of destination: none of them is told anything, and nothing is lost.

usage: certificates.py FIELDWEIR PRELOAD KAFKA_CLUSTER [SEED]

Each gateway meets, after a good certificate, one kind of bad ones, and then a new good one; another's changes all the
time. One gateway has to show a certificate of its own, another shows a wrong one until it is given the right one. Behind a
wrong certificate every byte after the handshake is counted. A client that verifies nothing shows that they would be.
"""
import asyncio
import random
import ssl
import sys
import time

from far_side import BACK_WITHIN, KINDS, FarSide, Gateway  # first: it says where the others are
from authority import BAD, Authority
from tls_door import Door

WRONG_FOR = 2.5  # seconds
CHANGES = 6


class TlsGateway(Gateway):
    """One daemon before four doors."""

    def __init__(self, site, name, authority, client=None):
        super().__init__(site, name)
        self.authority = authority
        self.doors = {kind: Door(port, authority, client) for kind, port in site.ports().items()}

    async def start(self, shows=None):
        """`shows`: the name of the client certificate, if any."""
        for door in self.doors.values():
            await door.start()
        self.doors["kafka"].rewrite = self.site.said_where(self.doors["kafka"].port)
        self.names.touch()
        self.run_as(shows)

    def run_as(self, shows):
        tls = f'ca: "{self.authority.path("ca")}.pem"'
        if shows:
            tls += f', cert: "{self.authority.path(shows)}.pem", key: "{self.authority.path(shows)}.key"'
        self.run_over_tls({kind: door.port for kind, door in self.doors.items()}, tls)

    async def show(self, certificate):
        await asyncio.gather(*(door.show(certificate) for door in self.doors.values()))

    async def flow(self):
        await asyncio.gather(*(self.back(kind) for kind in KINDS))

    def faults(self, texts):
        stolen = {kind: door.stolen for kind, door in self.doors.items() if door.stolen}
        return super().faults(texts) + ([f"{self.name}: told to a wrong peer: {stolen}"] if stolen else [])


async def meet(gateway, bad):
    await gateway.start()
    await gateway.flow()
    await gateway.show(bad)
    end = time.monotonic() + BACK_WITHIN
    while not all(door.asked for door in gateway.doors.values()) and time.monotonic() < end:
        await asyncio.sleep(0.1)
    if not all(door.asked for door in gateway.doors.values()):
        raise AssertionError(f"{gateway.name}: not everybody met the wrong certificate")
    await gateway.show("good1")
    await gateway.flow()


async def change(gateway, chance):
    await gateway.start()
    await gateway.flow()
    for _ in range(CHANGES):
        await gateway.show(chance.choice(["good0", "good1", *BAD]))
        await asyncio.sleep(chance.uniform(0.5, 2.0))
    await gateway.show("good0")
    await gateway.flow()


async def show_own(gateway):
    await gateway.start(shows="client")
    await gateway.flow()


async def show_wrong_one_first(gateway):
    await gateway.start(shows="other_client")
    await asyncio.sleep(WRONG_FOR)
    if any(gateway.delivered(kind) for kind in KINDS) or any(door.handshakes for door in gateway.doors.values()):
        raise AssertionError("a wrong client certificate was let in")
    await asyncio.get_running_loop().run_in_executor(None, gateway.site.end, gateway.name)
    gateway.run_as("client")
    await gateway.flow()


async def control(authority, port):
    """A client that verifies nothing: what it says to a wrong peer is counted."""
    door = Door(port, authority)
    await door.start()
    await door.show("self_signed")
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", door.port, ssl=careless)
    writer.write(b"reading")
    await writer.drain()
    writer.close()
    end = time.monotonic() + 5
    while door.stolen < 7 and time.monotonic() < end:
        await asyncio.sleep(0.02)
    if door.stolen != 7:
        raise AssertionError(f"of 7 bytes to a wrong peer {door.stolen} were counted")


async def run(site, gateways, chance):
    *meeting, changing, owning, wronging = gateways
    await control(changing.authority, site.sink_port)
    await asyncio.gather(*(meet(gateway, bad) for gateway, bad in zip(meeting, BAD)), change(changing, chance),
                         show_own(owning), show_wrong_one_first(wronging))
    await asyncio.gather(*(gateway.drained() for gateway in gateways))
    return await site.end_all(gateways)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else int(time.time())
    print(f"seed {seed}", flush=True)
    names = [*BAD, "changing", "client_certificate", "wrong_client_certificate"]
    with FarSide(*sys.argv[1:4], partitions=len(names)) as site:
        authority = Authority(site.folder / "authority")
        gateways = [TlsGateway(site, name, authority, client="ca" if "client" in name else None) for name in names]
        faults = asyncio.run(run(site, gateways, random.Random(seed)))
        texts = site.texts()
        for gateway in gateways:
            faults += gateway.faults(texts)
            print(f"{gateway.name}: " + ", ".join(f"{kind} back within {seconds:.1f} s" for kind, seconds in gateway.slowest.items()))
        print("\n".join(faults) if faults else "no byte to a wrong peer, everything arrived")
        if faults:
            print(site.log(faults[0].split()[0].rstrip(":"))[-4000:])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
