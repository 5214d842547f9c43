"""Writing: from the command line and over local MQTT, through the real daemon to an independent Modbus server and back."""
import json
import subprocess
import time

from gateway_site import BOILER, Site, check, wait_for

SETPOINT = ("      - {name: setpoint, table: holding, address: 50, type: int16, scale: 0.1, poll: slow, write: {min: 20, max: 85}}\n"
            "      - {name: mode, table: holding, address: 51, type: uint16, enum: {0: \"off\", 1: auto}, poll: slow, write: {}}\n"
            "      - {name: pump, table: coil, address: 7, type: bool, poll: slow, write: {every: 1m}}\n")
DEVICE = BOILER.replace("{fast: 100ms}", "{fast: 100ms, slow: 10m}") + SETPOINT
LOCAL = 'local: {mqtt: {broker: site, prefix: live}, commands: {signals: [boiler.setpoint]}}\n'
TOPIC = "live/command/operator/boiler.setpoint"


def start(site, devices=DEVICE):
    site.configure(devices=devices, uplinks="  []\n", local=LOCAL)
    site.run()
    site.until(lambda s: value(s, "boiler.setpoint") is not None, 20, "the first poll")


def signal(status, name):
    return next(s for s in status["signals"] if s["name"] == name)


def value(status, name):
    return signal(status, name).get("value")


def write(site, *arguments):
    return subprocess.run([site.fieldweir, "write", "--socket", site.socket, *arguments], capture_output=True, text=True, timeout=20)


def refused(site, reason, *arguments):
    done = write(site, *arguments)
    check(done.returncode == 1 and reason in done.stderr, f"{arguments}: {done}")


def audit(site):
    """Lines, each an object."""
    path = site.folder / "audit.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def listen(site, topic):
    """A file of what is heard there from now on, a payload a line."""
    heard = site.folder / "heard"
    with open(heard, "wb") as file:
        site.processes["listener"] = subprocess.Popen(
            ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(site.broker_port), "-t", topic, "-t", "probe"], stdout=file)

    def probed():
        site.publish("probe", b"probe")
        return "probe" in heard.read_text()
    wait_for(probed, 10, "a listener")
    return lambda: [json.loads(line) for line in heard.read_text().splitlines() if line.startswith("{")]


def case_write_from_the_command_line(fieldweir):
    with Site(fieldweir, sink=False) as site:
        start(site)
        done = write(site, "boiler.setpoint", "55")
        check(done.returncode == 0 and done.stdout == "boiler.setpoint: done, reads 55.0\n", str(done))
        # at once, not with the next poll in ten minutes
        site.until(lambda s: value(s, "boiler.setpoint") == 55, 5, "the new value in the status")
        check(write(site, "boiler.mode", "auto").stdout == "boiler.mode: done, reads auto\n", "an enum's text")
        check(write(site, "boiler.pump", "true").stdout == "boiler.pump: done, reads true\n", "a coil")

        refused(site, "(too soon)", "boiler.pump", "false")
        refused(site, "(out of range): 95 is above the greatest value 85", "boiler.setpoint", "95")
        refused(site, "(out of range)", "boiler.mode", "loud")
        refused(site, "(wrong type)", "boiler.setpoint", "hot")
        refused(site, "(not allowed)", "boiler.energy", "5")
        refused(site, "(not allowed)", "boiler.none", "5")
        check(write(site, "boiler.setpoint", "60", "--id", "one").returncode == 0, "with an id")
        check(write(site, "boiler.setpoint", "40").returncode == 0, "another")
        refused(site, "duplicate", "boiler.setpoint", "60", "--id", "one")
        check(value(site.status(), "boiler.setpoint") == 40, "the duplicate was written")
        check(write(site, "boiler.setpoint", "60", "--expires", "soon").returncode == 2, "usage")

        lines = audit(site)
        by_result = [line["result"] for line in lines if line["result"] != "accepted"]
        check(by_result == ["done"] * 3 + ["refused"] * 6 + ["done"] * 2 + ["duplicate"], str(by_result))
        check(lines[0]["result"] == "accepted" and lines[0]["asked"] == 55 and lines[0]["ts"] > 1.7e12, str(lines[0]))
        check(lines[1]["value"] == 55 and lines[1]["id"] == lines[0]["id"], str(lines[1]))
        check(all(line["origin"].startswith("cli ") and line["signal"] for line in lines), str(lines))
        commands = site.status()["commands"]
        check((commands["done"], commands["refused"], commands["duplicate"]) == (5, 6, 1), str(commands))


def case_write_over_local_mqtt(fieldweir):
    with Site(fieldweir, sink=False) as site:
        # kept by the broker since before the daemon came: nobody may want that any more
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(site.broker_port), "-t", TOPIC, "-r", "-m",
                        '{"id": "old", "value": 84}'], check=True, timeout=10)
        results = listen(site, "live/command/+/+/result")
        values = site.folder / "values"
        with open(values, "wb") as file:
            site.processes["values"] = subprocess.Popen(
                ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(site.broker_port), "-t", "live/boiler.setpoint"], stdout=file)
        start(site)
        wait_for(lambda: results() and results()[0]["reason"] == "retained", 10, "the retained one refused")
        check(value(site.status(), "boiler.setpoint") != 84, "a retained command was written")

        def answer(identity, payload, topic=TOPIC):
            before = len(results())
            site.publish(topic, payload.encode())
            wait_for(lambda: len(results()) > before, 10, f"the result of {payload}")
            result = results()[-1]
            check(result["id"] == identity, str(result))
            return result

        done = answer("a1", '{"id": "a1", "value": 61.5}')
        check(done["result"] == "done" and done["value"] == 61.5 and done["signal"] == "boiler.setpoint", str(done))
        wait_for(lambda: '"value":61.5' in values.read_text(), 10, "the published value")
        check(answer("a1", '{"id": "a1", "value": 61.5}')["result"] == "duplicate", "a duplicate")
        check(answer("a2", '{"id": "a2", "value": 95}')["reason"] == "out of range", "a value out of range")
        # a container's clock may count as not synchronised: then no expiry can be judged
        clock = site.status()["clock_synchronised"]
        soon = int(time.time() * 1000) + 5000
        late = answer("a3", '{"id": "a3", "value": 50, "expires": 1767225600000}')
        check((late["result"], late["reason"]) == (("expired", "expired") if clock else ("refused", "clock")), str(late))
        check(answer("a4", '{"id": "a4", "value": 50, "expires": %d}' % soon)["result"] == ("done" if clock else "refused"), "in time")
        check(answer("a4b", '{"id": "a4b", "value": 50, "valid_for_ms": 5000}')["result"] == "done", "in time")
        check(answer(None, '{"value": 50}')["reason"] == "parse error", "no id")
        check(answer("a5", '{"id": "a5", "value": 50, "now": true}')["reason"] == "parse error", "a key too many")
        check(answer(None, "50")["reason"] == "parse error", "no object")
        other = answer("a6", '{"id": "a6", "value": true}', TOPIC.replace("setpoint", "pump"))
        check(other["reason"] == "not allowed", str(other))
        check(answer(None, '{"id": "a7", "value": "%s"}' % ("x" * 600))["reason"] == "too large", "too large")

        heard = len(results())
        lines = audit(site)
        check(len([line for line in lines if line["result"] != "accepted"]) == heard, f"{heard} results, {len(lines)} lines")
        check(all(line["origin"] == "mqtt operator" for line in lines), str(lines))


def case_write_to_a_device_that_is_away_fails_at_once(fieldweir):
    with Site(fieldweir, sink=False, broker=False) as site:
        site.configure(devices=DEVICE, uplinks="  []\n")
        site.run()
        site.stop("modbus")
        site.until(lambda s: s["devices"][0]["state"] == "offline", 10, "offline")
        begun = time.monotonic()
        done = write(site, "boiler.setpoint", "55")
        check(done.returncode == 1 and "failed (not connected): boiler is offline" in done.stderr, str(done))
        check(time.monotonic() - begun < 2, "it took long")
        check([line["result"] for line in audit(site)] == ["accepted", "failed"], "audit")


def case_write_that_cannot_be_audited_is_refused(fieldweir):
    with Site(fieldweir, sink=False, broker=False) as site:
        site.configure(devices=DEVICE, uplinks="  []\n")
        (site.folder / "audit.jsonl").mkdir()
        site.run()
        before = site.until(lambda s: value(s, "boiler.setpoint") is not None, 10, "a value")
        refused(site, "(audit)", "boiler.setpoint", "55")
        (site.folder / "audit.jsonl").rmdir()
        check(write(site, "boiler.setpoint", "56").returncode == 0, "with the audit back")
        check([line["result"] for line in audit(site)] == ["accepted", "refused", "accepted", "done"], str(audit(site)))
        check(value(before, "boiler.setpoint") != 55, "the test's own premise")
