"""A broker that vanishes and freezes; a sink that refuses in every way."""
import json
import os
import re
import sqlite3

from gateway_account import at_sink, balance, everything_arrived, heard_by, recorded
from gateway_site import LOCAL, PLANT, RETRIED, ROOMS, SCADA, Site, check, device, flows, ledger_of, uplink, value


def case_broker_killed_and_frozen_loses_nothing(fieldweir):
    with Site(fieldweir, modbus=False, sink=False) as site:
        site.configure(devices=PLANT + ROOMS, uplinks=SCADA, local=LOCAL)
        first = site.subscribe("first")
        site.run()
        site.until(lambda s: flows("scada")(s) and ledger_of(s, "scada")["delivered"] > 10, 15, "the broker gets batches")
        site.until(lambda s: device(s, "rooms")["state"] == "online", 15, "the subscription stands")

        site.stop("mosquitto")
        site.until(lambda s: uplink(s, "scada")["state"] == "backing off" and uplink(s, "scada")["queued"] > 20
                   and device(s, "rooms")["state"] == "offline", 10, "the broker is seen to be gone")
        site.freeze("gateway")  # until there is a subscriber, the broker would keep nothing
        site.start_broker()
        second = site.subscribe("second")
        site.thaw("gateway")
        site.until(flows("scada"), RETRIED, "the broker gets the backlog")
        site.until(lambda s: device(s, "rooms")["state"] == "online", RETRIED, "the subscription is renewed")

        site.freeze("mosquitto")
        site.until(lambda s: uplink(s, "scada")["state"] == "backing off" and uplink(s, "scada")["queued"] > 20, 15,
                   "the frozen broker is seen to be")
        site.thaw("mosquitto")
        site.until(flows("scada"), 25, "the uplink recovers")
        site.until(lambda s: device(s, "rooms")["state"] == "online", 25, "the device recovers")
        site.publish("rooms/kitchen", b'{"temperature": 21.5}')
        site.until(lambda s: value(s, "rooms.kitchen.temperature").get("value") == 21.5, 10, "messages become values")
        check(site.end()[0] == 0, "exit status")
        everything_arrived(site, heard_by(first, second), "scada")


def case_503_waits_as_long_as_it_is_told(fieldweir):
    with Site(fieldweir, broker=False, modbus=False) as site:
        site.configure()
        site.run()
        site.until(lambda s: ledger_of(s)["delivered"] > 10, 10, "the sink gets batches")
        site.order({"status": 503, "retry_after": 2, "body": "down for repairs"})
        status = site.until(lambda s: uplink(s)["state"] == "backing off", 10, "the refusal is seen")
        check("503" in uplink(status)["last_error"] and "down for repairs" in uplink(status)["last_error"], uplink(status)["last_error"])
        site.until(flows(queue=20), RETRIED, "the uplink recovers")
        check(site.end()[0] == 0, "exit status")
        everything_arrived(site, at_sink(site))
        entries = recorded(site)
        at = next(i for i, entry in enumerate(entries) if entry["status"] == 503)
        check(entries[at + 1]["time"] - entries[at]["time"] >= 2, "it did not wait for Retry-After")
        check(entries[at + 1]["key"] == entries[at]["key"] and entries[at + 1]["body"] == entries[at]["body"],
              "another batch was sent after 503")


def case_401_pauses_and_loses_nothing(fieldweir):
    with Site(fieldweir, broker=False, modbus=False) as site:
        os.environ["SITE_TOKEN"] = "wrong"
        site.configure(token='"${env:SITE_TOKEN}"')
        site.order({"status": 401})
        site.run()
        status = site.until(lambda s: uplink(s)["state"] == "paused" and uplink(s)["queued"] > 20, 10, "the uplink pauses")
        check("401" in uplink(status)["last_error"] and ledger_of(status)["dead_lettered"] == 0, f"{uplink(status)}")
        check(len(recorded(site)) == 1, "a paused uplink goes on asking")
        os.environ["SITE_TOKEN"] = "right"
        check(site.end()[0] == 0, "exit status")
        check(balance(site)["queued"] > 20, "nothing is kept for later")
        site.run()
        site.until(flows(), 10, "with the right token the backlog is delivered")
        check(site.end()[0] == 0, "exit status")
        everything_arrived(site, at_sink(site))
        check({entry["authorization"] for entry in recorded(site) if entry["status"] == 200} == {"Bearer right"},
              f"token: {recorded(site)[:3]}")
        check("wrong" not in site.log() and "right" not in site.log(), "the log tells the token")


def case_400_puts_one_reading_aside_and_delivers_the_rest(fieldweir):
    with Site(fieldweir, broker=False, modbus=False) as site:
        site.configure()
        site.run()
        site.until(lambda s: ledger_of(s)["delivered"] > 10, 10, "the sink gets batches")
        site.order({"status": 400, "body": "bad units", "readings": 1})
        status = site.until(lambda s: ledger_of(s)["dead_lettered"] > 0, 10, "the reading is counted")
        before = ledger_of(status)["delivered"]
        site.until(lambda s: ledger_of(s)["delivered"] > before + 20, 10, "the rest is delivered")
        check(site.end()[0] == 0, "exit status")
        refused = [entry["body"] for entry in recorded(site) if entry["status"] == 400]
        sizes = [len(json.loads(text)["readings"]) for text in refused]
        check(sizes[0] > 1 and sizes[-1] == 1 and sizes == sorted(set(sizes), reverse=True), f"refused were {sizes} readings")
        arrived, counts = at_sink(site, refused[-1:]), balance(site)
        check(counts["dead_lettered"] == 1 and counts["queued"] == counts["dropped"] == 0, f"{counts}")
        check(len(arrived.readings) == counts["delivered"] + 1, f"{len(arrived.readings)} arrived, {counts}")
        check(re.search(r"refused for ever: HTTP status 400: bad units", site.log()), "the log does not say it")
        check(dead_letters(site) == ["HTTP status 400: bad units"], f"the journal keeps {dead_letters(site)}")


def dead_letters(site):
    with sqlite3.connect(site.folder / "journal.db") as database:
        return [why for why, in database.execute("SELECT why FROM dead_letter")]
