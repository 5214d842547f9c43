"""Devices that are absent, frozen, killed, or that send what makes no sense."""
import json
import time

from gateway_account import at_sink, balance, everything_arrived, heard_by
from gateway_site import BOILER, CLOUD, LOCAL, PLANT, RETRIED, ROOMS, SCADA, Site, check, device, errors, flows, uplink, value

KITCHEN = "rooms.kitchen.temperature"


def case_everything_absent_at_start_then_appears(fieldweir):
    with Site(fieldweir, broker=False, modbus=False, sink=False) as site:
        site.configure(devices=PLANT + BOILER + ROOMS, uplinks=CLOUD + SCADA, local=LOCAL)
        site.run()
        status = site.until(lambda s: device(s, "boiler")["state"] == device(s, "rooms")["state"] == "offline" and all(
            uplink(s, name)["state"] == "backing off" and uplink(s, name)["queued"] > 20 for name in ("cloud", "scada")),
            10, "what is absent is seen to be")
        for name in ("boiler", "rooms"):
            check(device(status, name)["last_error"] and device(status, name)["errors"], f"{name} is offline without a reason")
        check(value(status, "boiler.energy")["quality"] == "bad" and value(status, "boiler.energy")["value"] is None,
              "a failed read is no number")
        check(value(status, "boiler.online")["value"] is False, "boiler.online")
        check(uplink(status)["last_error"] and uplink(status)["failures"] > 0, "the uplink says nothing of what it failed with")
        before = uplink(status)["queued"]
        site.until(lambda s: uplink(s)["queued"] > before, 5, "the queue grows")

        site.start_modbus()
        site.until(lambda s: value(s, "boiler.energy")["quality"] == "good", RETRIED, "the device is read")
        site.start_sink()
        site.until(flows("cloud"), RETRIED, "the sink gets the backlog")
        site.freeze("gateway")  # until there is a subscriber, the broker would keep nothing
        site.start_broker()
        heard = site.subscribe("first")
        site.thaw("gateway")
        site.until(flows("scada"), RETRIED, "the broker gets the backlog")
        site.until(lambda s: device(s, "rooms")["state"] == "online", RETRIED, "the subscription stands")
        site.publish("rooms/kitchen", b'{"temperature": 21.5}')
        site.until(lambda s: value(s, KITCHEN).get("value") == 21.5, 5, "the message becomes a value")
        check(site.end()[0] == 0, "exit status")
        everything_arrived(site, at_sink(site))
        check(len(heard_by(heard).readings) == balance(site, "scada")["delivered"], "the broker lacks what the ledger calls delivered")


def rate_of(site, name, condition, what):
    """Polls per second of a device until a condition holds."""
    before = site.status()
    after = site.until(condition, 15, what)
    seconds = after["uptime_s"] - before["uptime_s"]
    return (device(after, name)["polls"] - device(before, name)["polls"]) / seconds if seconds > 0.5 else None


def case_frozen_and_killed_modbus_server_disturbs_no_other_bus(fieldweir):
    with Site(fieldweir, broker=False) as site:
        site.configure(devices=PLANT + BOILER)
        site.run()

        def online(status):
            return device(status, "boiler")["state"] == "online" and value(status, "boiler.energy").get("quality") == "good"

        def offline(status):
            return errors(status, "boiler") > before and value(status, "boiler.energy")["quality"] == "bad"

        site.until(online, 10, "the device is read")
        before = errors(site.status(), "boiler") + 1  # frozen for more than one attempt
        site.freeze("modbus")
        rate = rate_of(site, "plant", offline, "the frozen device is seen to be")
        check(rate and 17 < rate < 21, f"the other bus made {rate} polls/s of 20")
        check(device(site.status(), "boiler")["state"] == "offline", "state of a frozen device")
        site.thaw("modbus")
        site.until(online, RETRIED, "the device is read again after SIGCONT")
        before = errors(site.status(), "boiler") + 1
        site.stop("modbus")
        site.until(offline, 10, "the killed device is seen to be")
        site.start_modbus()
        site.until(online, RETRIED, "the device is read again after its restart")
        check(device(site.status(), "plant")["skipped"] <= 5, "polls of the other bus were skipped")
        check(site.end()[0] == 0, "exit status")
        arrived = at_sink(site)
        everything_arrived(site, arrived)
        energy = [row for row in arrived.readings if row["signal"] == "boiler.energy"]
        old = [row for row in energy if row["quality"] == "good" and abs(row["ts"] - row["value"]) > 1000]
        check(not old, f"values that were not read when they say: {old[:3]}")
        check(all(row["value"] is None and row["reason"] for row in energy if row["quality"] == "bad"),
              "a bad reading has a reason, no value")
        check(len({row["ts"] for row in energy}) == len(energy), "two readings of one time")


def case_bad_payloads_are_bad_readings_and_the_next_good_one_counts(fieldweir):
    with Site(fieldweir, modbus=False) as site:
        site.configure(devices=ROOMS)
        site.run()
        site.until(lambda s: device(s, "rooms")["state"] == "online", 10, "the subscription stands")
        deep = b'{"temperature": ' + b"[" * 5000 + b"]" * 5000 + b"}"
        large = b'{"temperature": 20, "more": "' + b"x" * 40_000 + b'"}'
        bad = [(b"warm", "parse error"), (b'{"temperature": 20', "parse error"), (b"", "parse error"),
               (b'{"temperature": \xff}', "parse error"), (b'{"temperature": 1e999}', "parse error"),
               (deep, "too large"), (large, "too large"),
               (b'{"temperature": "warm"}', "wrong type"), (b'{"temperature": null}', "wrong type")]
        for number, (payload, reason) in enumerate(bad):
            site.publish("rooms/kitchen", payload)
            site.until(lambda s: value(s, KITCHEN).get("quality") == "bad", 5, f"{payload[:30]} is bad")
            check(value(site.status(), KITCHEN)["reason"] == reason, f"{payload[:30]}: {value(site.status(), KITCHEN)}")
            check(value(site.status(), KITCHEN)["value"] is None, f"{payload[:30]} gave a value")
            good = 20 + number / 10
            site.publish("rooms/kitchen", b'{"temperature": %.1f}' % good)
            site.until(lambda s, g=good: value(s, KITCHEN).get("value") == g, 5, f"the message after {payload[:30]}")
        site.publish("rooms/kitchen", b'{"humidity": 50}')
        site.until(lambda s: device(s, "rooms")["skipped"] == 1, 5, "a value that is not there is counted")
        for room in ("hall", "attic", "cellar"):  # one too many and one more
            site.publish("rooms/" + room, b'{"temperature": 1}')
        site.until(lambda s: s["ledger"]["lost_by_reason"] == {"instances full": 2}, 5, "topics beyond max_instances are counted")
        check(device(site.status(), "rooms")["state"] == "online", "bad payloads took the device offline")
        site.until(lambda s: flows()(s) and s["ledger"]["under_way"] == 0, 10, "all is delivered")
        check(site.end()[0] == 0, "exit status")
        arrived = at_sink(site)
        everything_arrived(site, arrived)
        kitchen = [row for row in arrived.readings if row["signal"] == KITCHEN]
        check([row.get("reason") for row in kitchen if row["quality"] == "bad"] == [reason for _, reason in bad],
              "the sink has other bad readings")
        check([gap["reason"] for gap in arrived.gaps] == ["instances full"] * len(arrived.gaps), f"{arrived.gaps}")


def case_times_of_the_source_arrive_as_given(fieldweir):
    dated = ROOMS.replace("pointer: /temperature", "pointer: /temperature, time: /seen")
    with Site(fieldweir, modbus=False) as site:
        site.configure(devices=dated)
        site.run()
        site.until(lambda s: device(s, "rooms")["state"] == "online", 15, "the subscription stands")
        now = int(time.time())
        wanted = [(now - 3600, None), (now - 30 * 86400, "source time too old"), (now + 3600, "source time in the future")]
        synchronised = site.status()["clock_synchronised"]
        for at, (seen, _) in enumerate(wanted):
            site.publish("rooms/kitchen", json.dumps({"temperature": at, "seen": seen * 1000}).encode())
            site.until(lambda s, at=at: value(s, KITCHEN).get("value") == at, 10, "the message becomes a value")
        site.publish("rooms/kitchen", b'{"temperature": 3}')
        site.until(lambda s: value(s, KITCHEN).get("reason") == "no source time", 10, "a message without a time")
        if synchronised:  # else nothing can be judged
            check(device(site.status(), "rooms")["errors"] == {"source time too old": 1, "source time in the future": 1,
                                                               "no source time": 1}, f"{device(site.status(), 'rooms')}")
        site.until(flows(), 10, "the sink gets them")
        check(site.end()[0] == 0, "exit status")
        everything_arrived(site, at_sink(site))
        rows = {row["value"]: row for row in at_sink(site).readings if row["signal"] == KITCHEN}
        for at, (seen, why) in enumerate(wanted):
            if synchronised:
                check(rows[at].get("reason") == why, f"{rows[at]}")
            if why != "source time in the future" or not synchronised:
                check(rows[at]["ts"] == seen * 1000, f"{rows[at]}")
        check(abs(rows[3]["ts"] / 1000 - now) < 60, f"{rows[3]}")
