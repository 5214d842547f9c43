"""The ledger as it is delivered, compared with the daemon's status."""
import time

from gateway_account import at_sink, everything_arrived
from gateway_site import BOILER, Site, check, device, ledger_of

FIELD = ("sampled", "derived", "filtered", "lost", "batched")
CLOUD = ("not_selected", "delivered", "queued", "dropped", "dead_lettered")
NAMES = [f"gateway.{count}" for count in FIELD] + [f"gateway.uplinks.cloud.{count}" for count in CLOUD]


def reports(readings):
    """What the sink was told, oldest first: the ten counts by name."""
    found = {}
    for row in readings:
        if row["signal"].startswith("gateway."):
            found.setdefault(row["ts"], {})[row["signal"]] = row["value"]
    check(found and all(sorted(report) == sorted(NAMES) for report in found.values()), f"{found}")
    return [found[at] for at in sorted(found)]


def at_rest(status):
    return status["ledger"]["under_way"] == 0 and ledger_of(status, "cloud")["queued"] == 0


def told_by(status):
    ledger, cloud = status["ledger"], ledger_of(status, "cloud")
    return [ledger[count] for count in FIELD] + [cloud[count] for count in CLOUD]


def case_delivered_ledger_agrees_with_status(fieldweir):
    with Site(fieldweir, broker=False) as site:
        site.configure(devices=BOILER)
        site.config.write_text(site.config.read_text().replace("{id: site}", "{id: site, ledger: 1s}"))
        site.run()
        site.until(lambda s: ledger_of(s, "cloud")["delivered"] > 50, 15, "readings are delivered")
        site.stop("modbus")
        offline = site.until(lambda s: device(s, "boiler")["state"] == "offline", 15, "the device is offline")
        # its last, bad readings may still be on their way
        site.until(lambda s: s["ledger"]["derived"] >= offline["ledger"]["derived"] + 2 * len(NAMES), 15, "nothing but the ledger is read")
        status, seen = [], []
        until = time.monotonic() + 15
        while len(seen) < 4 and time.monotonic() < until:
            status = site.status()
            if at_rest(status) and told_by(status) not in seen:
                seen.append(told_by(status))
            time.sleep(0.05)
        check(len(seen) == 4, f"not at rest between two reports: {seen}")
        check(site.end()[0] == 0, "exit status")

        arrived = at_sink(site)
        everything_arrived(site, arrived)
        delivered = reports(arrived.readings)
        for report in delivered:
            check(report["gateway.batched"] == sum(report[f"gateway.uplinks.cloud.{count}"] for count in CLOUD), f"{report}")
            check(report["gateway.sampled"] + report["gateway.derived"]
                  >= report["gateway.filtered"] + report["gateway.lost"] + report["gateway.batched"], f"{report}")
        told = [[report[name] for name in NAMES] for report in delivered]
        for counts in seen[:-1]:  # the last may have had no report after it
            check(counts in told, f"status said {counts}, no report did: {told}")
