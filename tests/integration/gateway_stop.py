"""SIGTERM among frozen peers; SIGHUP with good and bad files."""
import fcntl
import signal

from gateway_account import at_sink, balance, everything_arrived, heard_by
from gateway_site import BOILER, CLOUD, LOCAL, PLANT, RETRIED, ROOMS, SCADA, Site, check, device, flows, ledger_of, uplink, value

PEERS = ("mosquitto", "modbus", "sink")


def all_flows(status):
    return all(flows(name)(status) and ledger_of(status, name)["delivered"] > 20 for name in ("cloud", "scada")) and \
        device(status, "boiler")["state"] == device(status, "rooms")["state"] == "online"


def case_sigterm_with_every_peer_frozen(fieldweir):
    with Site(fieldweir) as site:
        site.configure(devices=PLANT + BOILER + ROOMS, uplinks=CLOUD + SCADA, local=LOCAL)
        heard = site.subscribe("first")
        site.run()
        site.until(all_flows, 20, "all is well")
        site.freeze(*PEERS)
        site.until(lambda s: uplink(s)["queued"] > 10 and uplink(s, "scada")["queued"] > 10, 10, "queues grow")
        status, took = site.end()
        check(status == 0, f"exit status {status}\n{site.log()}")
        check(took < 5, f"it took {took:.1f} s")
        check("not everything was stored" not in site.log(), site.log())
        for name in ("cloud", "scada"):
            check(balance(site, name)["queued"] > 10, "what the peers did not take is not kept")
        site.thaw(*PEERS)
        site.run()
        site.until(all_flows, RETRIED, "all is well again")
        check(site.end()[0] == 0, "exit status")
        everything_arrived(site, at_sink(site))
        everything_arrived(site, heard_by(heard), "scada")


def case_sigterm_while_starting(fieldweir):
    with Site(fieldweir, broker=False, modbus=False) as site:
        site.configure()
        for _ in range(3):
            site.start("gateway", [fieldweir, "run", "--config", str(site.config), "--socket", str(site.folder / "s")])
            status, took = site.end()
            check(status in (0, -signal.SIGTERM) and took < 5, f"exit status {status} after {took:.1f} s")
        site.run()
        site.until(flows(), 10, "it starts again")


def reload(site, good):
    """SIGHUP, and until the daemon says what became of it."""
    sign = " runs: " if good else "the present configuration stays"
    before = site.log().count(sign)
    site.processes["gateway"].send_signal(signal.SIGHUP)
    site.until(lambda s: site.log().count(sign) > before, 15, f"the log says{sign}")


def case_sighup_with_a_good_file_runs_it_in_the_same_process(fieldweir):
    with Site(fieldweir, broker=False, modbus=False) as site:
        site.configure()
        site.run()
        process = site.processes["gateway"]
        site.until(lambda s: ledger_of(s)["delivered"] > 20, 10, "the sink gets batches")
        site.stop("sink")  # there is something to lose
        site.until(lambda s: uplink(s)["queued"] > 20, 10, "the queue grows")
        site.configure(devices=PLANT.replace("plant", "mill"))
        reload(site, good=True)
        site.until(lambda s: value(s, "mill.temp").get("value") and not value(s, "plant.temp"), 10, "the new device is read")
        check(process.poll() is None, "another process")
        site.start_sink()
        site.until(lambda s: flows()(s) and ledger_of(s)["delivered"] > 60, 15, "the sink gets the backlog")
        check(site.end()[0] == 0, "exit status")
        arrived = at_sink(site)
        everything_arrived(site, arrived)
        check({row["signal"] for row in arrived.readings} >= {"plant.temp", "mill.temp"}, "signals of both configurations")
        check({epoch for _, epoch, _, _ in arrived.batches} == {1, 2} and not arrived.gaps, f"{arrived.gaps}")


def case_sighup_reads_what_is_included_again(fieldweir):
    with Site(fieldweir, broker=False, modbus=False) as site:
        site.configure(extra="include: conf.d/*.yaml\n")
        site.run()
        part = site.folder / "conf.d/10-mill.yaml"
        part.parent.mkdir()
        part.write_text("devices:\n" + PLANT.replace("plant", "mill"))
        reload(site, good=True)
        site.until(lambda s: value(s, "mill.temp").get("value") and value(s, "plant.temp").get("value"), 10, "both devices are read")
        said = site.fieldweir_says("check", str(site.config))
        check("ok, 2 files, 2 devices" in said, said)
        part.write_text("devices:\n" + PLANT.replace("50ms", "50"))
        reload(site, good=False)
        check(f"{part}:3:" in site.log(), f"the log does not name the included file:\n{site.log()}")
        part.unlink()
        reload(site, good=True)
        site.until(lambda s: value(s, "plant.temp").get("value") and not value(s, "mill.temp"), 10, "the device is gone")
        check(site.end()[0] == 0, "exit status")


def case_sighup_with_every_peer_frozen(fieldweir):
    with Site(fieldweir) as site:
        site.configure(devices=PLANT + BOILER + ROOMS, uplinks=CLOUD + SCADA, local=LOCAL)
        heard = site.subscribe("first")
        site.run()
        site.until(all_flows, 20, "all is well")
        site.freeze(*PEERS)
        reload(site, good=True)
        site.thaw(*PEERS)
        site.until(all_flows, RETRIED, "all is well again")
        check(site.end()[0] == 0, "exit status")
        everything_arrived(site, at_sink(site))
        everything_arrived(site, heard_by(heard), "scada")


def case_sighup_with_a_bad_file_changes_nothing(fieldweir):
    with Site(fieldweir, broker=False, modbus=False) as site:
        site.configure()
        site.run()
        good = site.config.read_text()
        for text, said in ((good.replace("interval: 50ms", "interval: 50"), f"{site.config}:8:"),
                           (good + "limits: {memory: 1MiB}\n", "does not fit limits.memory")):
            site.config.write_text(text)
            reload(site, good=False)
            check(said in site.log(), f"the log does not say {said}:\n{site.log()}")
            before = ledger_of(site.status())["delivered"]
            site.until(lambda s, b=before: ledger_of(s)["delivered"] > b + 5, 10, "the present configuration goes on")
        site.config.unlink()
        reload(site, good=False)
        check(site.end()[0] == 0, "exit status")
        everything_arrived(site, at_sink(site))
        check({epoch for _, epoch, _, _ in at_sink(site).batches} == {1}, "it was started anew")


def case_sighup_to_a_journal_of_another_gateway_goes_back(fieldweir):
    with Site(fieldweir, broker=False, modbus=False) as site:
        site.configure()
        site.run()
        process = site.processes["gateway"]
        site.until(lambda s: ledger_of(s)["delivered"] > 20, 10, "the sink gets batches")
        taken = site.folder / "taken.db"
        with open(f"{taken}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            site.configure(path=taken)
            site.processes["gateway"].send_signal(signal.SIGHUP)
            site.until(lambda s: "the configuration before it runs again" in site.log(), 15, "the log says so")
            before = ledger_of(site.status())["delivered"]
            site.until(lambda s: ledger_of(s)["delivered"] > before + 20, 10, "the old configuration goes on")
        check(process.poll() is None, "another process")
        check(site.end()[0] == 0, "exit status")
        everything_arrived(site, at_sink(site))
