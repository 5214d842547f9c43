"""A card that is full or read-only. The mounts are seen by the case's own process only and go with it; without the right to mount the
cases say that they were skipped."""
import ctypes
import os
import subprocess

from gateway_journal import WIDE
from gateway_account import at_sink, balance, everything_arrived
from gateway_site import Site, check, flows, ledger_of

CLONE_NEWNS = 0x20000
RECOVERS_WITHIN = 5  # seconds after there is room, or the disk may be written to


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True)


def may_mount():
    if os.geteuid() != 0 or ctypes.CDLL(None).unshare(CLONE_NEWNS) != 0:
        return False
    return subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, check=False).returncode == 0


def recovered(status):
    return status["buffer"]["writable"] and not status["buffer"]["problem"]


def case_full_disk_goes_on_in_the_tail_and_recovers(fieldweir):
    if not may_mount():
        return print("skipped: may not mount")
    with Site(fieldweir, broker=False, modbus=False, sink=False) as site:
        disk = site.folder / "disk"
        disk.mkdir()
        mount("-t", "tmpfs", "-o", "size=128k", "tmpfs", disk)
        site.configure(devices=WIDE, path=disk / "journal.db")
        site.run()
        status = site.until(lambda s: not s["buffer"]["writable"] and s["buffer"]["tail_used"] > 20, 20, "the disk is full")
        check("full" in status["buffer"]["problem"], status["buffer"]["problem"])
        check("going on" in site.log() or "stay in memory" in site.log(), site.log())
        mount("-o", "remount,size=8m", disk)
        site.until(recovered, RECOVERS_WITHIN, "there is room")
        site.start_sink()
        site.until(flows(queue=500), 20, "the sink gets the backlog")
        check(site.end()[0] == 0, "exit status")
        everything_arrived(site, at_sink(site))


def case_stop_that_cannot_store_says_so(fieldweir):
    if not may_mount():
        return print("skipped: may not mount")
    with Site(fieldweir, broker=False, modbus=False, sink=False) as site:
        disk = site.folder / "disk"
        disk.mkdir()
        mount("-t", "tmpfs", "-o", "size=128k", "tmpfs", disk)
        site.configure(devices=WIDE, path=disk / "journal.db")
        site.run()
        site.until(lambda s: not s["buffer"]["writable"] and s["buffer"]["tail_used"] > 20, 20, "the disk is full")
        check(site.end()[0] == 3, "exit status of a stop that could not store")
        check("not everything was stored" in site.log(), site.log())


def case_read_only_disk_delivers_from_the_tail(fieldweir):
    if not may_mount():
        return print("skipped: may not mount")
    with Site(fieldweir, broker=False, modbus=False, sink=False) as site:
        disk = site.folder / "disk"
        disk.mkdir()
        mount("-t", "tmpfs", "tmpfs", disk)
        site.configure(path=disk / "journal.db")
        site.run()  # leaves a backlog
        site.until(lambda s: s["buffer"]["lanes"]["telemetry"]["batches"] > 10, 10, "the journal grows")
        check(site.end()[0] == 0, "exit status")
        queued = balance(site)["queued"]
        mount("-o", "remount,ro", disk)
        site.run()
        status = site.until(lambda s: s["buffer"]["problem"], 10, "the status says it")
        check(not status["buffer"]["writable"], f"{status['buffer']}")
        site.start_sink()
        site.until(lambda s: ledger_of(s)["delivered"] > queued, 15, "backlog or new readings are delivered")
        mount("-o", "remount,rw", disk)
        site.until(recovered, RECOVERS_WITHIN, "the disk is back")
        site.until(flows(queue=20), 10, "all is delivered")
        check(site.end()[0] == 0, "exit status")
        everything_arrived(site, at_sink(site))
