#!/usr/bin/python3
"""A system clock that is wrong: real daemons that are told another time (tests/support/preload.cc) than everybody else.

usage: clock.py FIELDWEIR PRELOAD KAFKA_CLUSTER

since_1970   starts in 1970 before doors whose certificates are not yet valid then: nobody is told anything. Once the clock is right
             everything arrives, and what does not say that its clock was wrong has the right times.
stepping     the clock steps by an hour, forth and back, all the time: readings come as evenly as before.
in_2038      starts seconds before 2038-01-19T03:14:08Z, where 32 bits of seconds end.
"""
import asyncio
import contextlib
import json
import os
import sys
import time

from far_side import BACK_WITHIN, KINDS, FarSide, Gateway  # first: it says where the others are
from authority import Authority
from certificates import TlsGateway
from gateway_site import status_of

INTERVAL = 0.1  # between two readings, far_side.py
LATE = 1.0  # that a poll may be on a machine that does other things
LAST_OF_32_BITS = 0x7FFFFFFF


class Clocked:
    """What a gateway with this and another base is told of the time."""

    def tell(self, ahead, synchronised=True):
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(f"{ahead:.0f} {int(synchronised)}\n")
        os.rename(fresh, self.clock)


class PlainGateway(Clocked, Gateway):
    def start(self):
        self.names.touch()
        site = self.site
        self.run(broker=f'url: "mqtt://127.0.0.1:{site.broker_port}"', https=f'url: "http://127.0.0.1:{site.sink_port}/"',
                 kafka=f'brokers: ["127.0.0.1:{site.cluster_port}"], security: plaintext',
                 kinesis=f'endpoint: "http://127.0.0.1:{site.kinesis_port}/"')


class GuardedGateway(Clocked, TlsGateway):
    pass


async def wait_for_time(gateway):
    """Until every uplink says that this is what it waits for."""
    end = time.monotonic() + BACK_WITHIN
    errors = {"nothing yet": None}
    while not all("the clock is not synchronised" in str(said) for said in errors.values()):
        if time.monotonic() > end:
            raise AssertionError(f"not every uplink says what it waits for: {errors}")
        await asyncio.sleep(0.1)
        with contextlib.suppress(OSError):  # it is not there at once
            errors = {uplink["name"]: uplink["last_error"] for uplink in status_of(gateway.socket)["uplinks"]}


async def since_1970(gateway):
    begun = time.time()
    gateway.tell(60 - begun, synchronised=False)
    await gateway.start()
    await wait_for_time(gateway)
    if any(gateway.delivered(kind) for kind in KINDS):
        raise AssertionError("a certificate that is not yet valid was taken")
    gateway.tell(0)
    await gateway.flow()
    return begun, time.time()


async def stepping(gateway):
    begun = time.time()
    gateway.tell(0)
    gateway.start()
    for number in range(12):
        await asyncio.sleep(0.5)
        gateway.tell((3600, -3600, 0)[number % 3])
    gateway.tell(0)
    return begun, time.time()


async def in_2038(gateway):
    begun = LAST_OF_32_BITS - 3
    gateway.tell(begun - time.time())
    gateway.start()
    await asyncio.sleep(6)
    return begun, begun + 6


def judge_times(gateway, texts, begun, ended):
    """Every reading within the test's own time; none missing between the first and the last."""
    rows, marked = [], 0
    for text in texts:
        batch = json.loads(text)
        if batch["gateway"] != gateway.name:
            continue
        marked += batch.get("clock") == "unsynchronised"
        if "clock" not in batch:
            rows += [row["ts"] / 1000 for row in batch["readings"] if "ts" in row]
    times = sorted(set(rows))
    longest = max((after - before for before, after in zip(times, times[1:])), default=0)
    print(f"{gateway.name}: {len(rows)} readings with good times, {marked} batches marked, longest pause {longest:.2f} s")
    found = []
    if rows != sorted(rows):
        found.append("times go back")
    if not times or times[0] < begun - 1 or times[-1] > ended + 20 or times[-1] - times[0] < ended - begun - 4:
        found.append(f"times from {times[:1]} to {times[-1:]}, expected {begun} to {ended}")
    if longest > INTERVAL + LATE:
        found.append(f"{longest:.2f} s without a reading")
    return [f"{gateway.name}: {fault}" for fault in found]


async def run(site, gateways):
    spans = await asyncio.gather(since_1970(gateways[0]), stepping(gateways[1]), in_2038(gateways[2]))
    await asyncio.gather(*(gateway.drained() for gateway in gateways))
    return await site.end_all(gateways), spans


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    with FarSide(*sys.argv[1:4], partitions=3) as site:
        authority = Authority(site.folder / "authority")
        gateways = [GuardedGateway(site, "since_1970", authority), PlainGateway(site, "stepping"), PlainGateway(site, "in_2038")]
        faults, spans = asyncio.run(run(site, gateways))
        texts = site.texts()
        for gateway, span in zip(gateways, spans):
            faults += gateway.faults(texts) + judge_times(gateway, texts["https"], *span)
        print("\n".join(faults) if faults else "every reading at its time")
        if faults:
            print(site.log(faults[0].split()[0].rstrip(":"))[-4000:])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
