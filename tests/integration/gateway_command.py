"""What the command line says of bad configurations, of a second instance, and to clients that do not listen."""
import json
import os
import socket
import subprocess
import sys
import time

from gateway_site import Site, check, status_of


def refused(site, command, *said):
    """`check` and `run` must both end with 78 and print all of `said`."""
    arguments = {"check": [site.config], "run": ["--config", site.config, "--socket", site.folder / "s"]}[command]
    done = subprocess.run([site.fieldweir, command, *arguments], capture_output=True, text=True, timeout=10)
    check(done.returncode == 78, f"{command}: exit {done.returncode}\n{done.stderr}")
    for text in said:
        check(text in done.stderr, f"{command} does not say {text!r}:\n{done.stderr}")
    check(not (site.folder / "journal.db").exists(), f"{command} touched the journal")


def case_wrong_yaml_is_refused_with_its_place(fieldweir):
    with Site(fieldweir, broker=False, modbus=False, sink=False) as site:
        site.configure(extra="log: {level: loud}\n")
        lines = site.config.read_text().splitlines()
        here = f"{site.config}:{lines.index('log: {level: loud}') + 1}:14: "
        for command in ("check", "run"):
            refused(site, command, here, "log: {level: loud}\n", "^", "expected one of")
        site.config.write_text("version: 1\ndevices:\n  - name: plant\n   simulate: {}\n")
        for command in ("check", "run"):
            refused(site, command, f"{site.config}:4:")


def case_memory_plan_over_the_limit_is_refused_with_the_plan(fieldweir):
    with Site(fieldweir, broker=False, modbus=False, sink=False) as site:
        site.configure(extra="limits: {memory: 1MiB}\n")
        for command in ("check", "run"):
            refused(site, command, "does not fit limits.memory", "tail", "in all:", "of 1.0 MiB")


def case_second_instance_is_told_and_the_first_undisturbed(fieldweir):
    with Site(fieldweir, broker=False, modbus=False) as site:
        site.configure()
        site.run()
        for place in (site.socket, str(site.folder / "other.sock")):
            second = subprocess.run([fieldweir, "run", "--config", str(site.config), "--socket", place], capture_output=True, text=True,
                                    timeout=10)
            check(second.returncode == 1, f"exit {second.returncode}: {second.stderr}")
            check("another fieldweir uses this journal" in second.stderr, second.stderr)
            check(os.path.exists(site.socket), "the second instance took the first one's status socket away")
            site.until(lambda s, before=site.status()["ledger"]["uplinks"][0]["delivered"]:
                       s["ledger"]["uplinks"][0]["delivered"] > before, 10, "the first goes on")


MANY = "  - name: many\n    simulate: {interval: 1s}\n    signals:\n" + "".join(
    "      - {name: signal_%d, wave: sine, mean: 60, amplitude: 5, period: 1m}\n" % i for i in range(3000))


def case_status_client_that_does_not_read_delays_nobody(fieldweir):
    with Site(fieldweir, broker=False, modbus=False) as site:
        site.configure(devices=MANY, extra="limits: {memory: 128MiB}\n")
        site.run()
        # larger than the socket's buffer, else nobody would have to wait for a client that reads nothing
        site.until(lambda s: len(json.dumps(s)) > 300_000, 10, "every signal has a value")
        patience = 3 * longest_answer(site, 3) + 1  # to make an answer of this size takes its time, also for the deaf
        deaf = [socket.socket(socket.AF_UNIX) for _ in range(2)]
        for client in deaf:
            client.connect(site.socket)
        took = longest_answer(site, 5)
        check(took < patience, f"two clients that read nothing delay the others by {took:.1f} s")
        dripping = socket.socket(socket.AF_UNIX)  # reads, but so slowly that it never ends
        dripping.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        dripping.connect(site.socket)
        with subprocess.Popen([sys.executable, "-c", DRIP, site.socket]) as other:
            time.sleep(0.3)  # it is being served now, if anybody is
            took = longest_answer(site, 3)
            other.kill()
        check(took < patience, f"a client that reads slowly delays the others by {took:.1f} s")


DRIP = """
import socket, sys, time
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
while client.recv(8192):
    time.sleep(0.1)
"""


def longest_answer(site, times):
    longest = 0
    for _ in range(times):
        begun = time.monotonic()
        status_of(site.socket)
        longest = max(longest, time.monotonic() - begun)
    return longest
