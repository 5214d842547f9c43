#!/usr/bin/python3
"""The arm64 package in a booted arm64 Debian, in the emulator: what a Raspberry Pi would do, but for its speed.

usage: boot.py PACKAGE [CUTS [SEED]]     as root; CUTS: how often the power goes (20)

Each line says what held; the first that does not ends it. Times are those of the emulated machine.
"""
import contextlib
import pathlib
import subprocess
import sys
import tempfile

import cuts
from machine import HOST, Machine
from site_files import CLOUD, CONFIG, METER, MOSQUITTO, TANK, thousand

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from parts import PYTHON, SUPPORT, Parts, wait_for  # noqa: E402


class Proof:
    """What is asked of a machine; `held` says so, or ends the proof."""

    def __init__(self, machine):
        self.machine = machine

    def held(self, what, command, longest=900):
        status, said = self.machine.run(command, longest)
        if status != 0:
            print(f"FAILED: {what}\n{said}")
            print(self.machine.run("systemctl status --no-pager fieldweir; journalctl --no-pager -n 30 -u fieldweir")[1])
            raise SystemExit(1)
        print(f"held: {what}", flush=True)
        return said

    def becomes(self, what, command, longest=60):
        """Tried again until it holds, or for `longest` of its seconds."""
        return self.held(what, f"for i in $(seq {longest}); do {{ {command}\n}} && break; sleep 1; done; [ $i != {longest} ]", 1800)

    def write(self, path, text):
        self.held(f"{path} is written", f"mkdir -p $(dirname {path}); cat > {path} <<'THE END'\n{text}\nTHE END")

    def configure(self, text):
        self.write("/etc/fieldweir/fieldweir.yaml", text)
        self.held("the gateway starts, and says that it is ready", "systemctl restart fieldweir")


def install(proof):
    proof.held("apt installs the package", "apt-get install -qq /root/fieldweir.deb")
    proof.held("it runs on this processor", "fieldweir version")
    proof.write("/root/devices.yaml", TANK)
    proof.write("/etc/mosquitto/conf.d/site.conf", MOSQUITTO)
    proof.held("a broker runs", "systemctl restart mosquitto")
    proof.held("a Modbus server runs", "systemd-run --quiet --unit=devices fieldweir simulate /root/devices.yaml")
    proof.configure(CONFIG)
    said = proof.becomes("a Modbus value arrives at the broker",
                         "mosquitto_sub -t 'plant/telemetry' -C 1 -W 5 | grep -o '\"tank.level\",\"value\":[^,]*,\"quality\":\"good\"' | head -1 | grep .")
    print("     ", said)
    print("     ", proof.held("its status line", "systemctl show --property StatusText --value fieldweir"))


def exposure(proof, limit):
    said = proof.held("systemd-analyze judges it", "systemd-analyze security fieldweir --no-pager | tail -1")
    figure = float(said.split("level for fieldweir.service: ")[1].split()[0])
    if figure > limit:
        raise SystemExit(f"FAILED: exposure {figure}, allowed are {limit}")
    print(f"held: exposure {figure} of {limit}")


def allow_list(proof, parts):
    """The drop-ins that the package ships: the kernel itself refuses other addresses."""
    examples, place = "/usr/share/doc/fieldweir/examples/systemd", "/etc/systemd/system/fieldweir.service.d"
    proof.held("the drop-ins are in the package", f"mkdir -p {place} && cp {examples}/{{allow-list,no-serial}}.conf {place}/ && systemctl daemon-reload")
    exposure(proof, 1.2)
    proof.configure(CONFIG + CLOUD.format(host=HOST, port=parts.sink_port))
    proof.becomes("an address that is not on the list is not reached", "fieldweir status | grep -A3 cloud | grep -i 'not permitted\\|timed out\\|cannot\\|refused\\|failed'")
    if parts.record.exists() and parts.record.read_text():
        raise SystemExit("FAILED: the sink was reached past the allow list")
    proof.held("it is put on the list", f"echo 'IPAddressAllow={HOST}' >> {place}/allow-list.conf && systemctl daemon-reload && systemctl restart fieldweir")
    wait_for(lambda: parts.record.exists() and parts.record.read_text(), 900, "the sink is reached")
    print("held: and then it is reached")
    proof.held("the drop-ins are taken away", f"rm -r {place} && systemctl daemon-reload")


def serial(proof):
    port = proof.held("a USB adapter has a name by id", "ls /dev/serial/by-id/* | head -1")
    print("     ", port, proof.held("it is of the group dialout", f"[ $(stat -L -c %G {port}) = dialout ] && readlink -f {port}"))
    proof.configure(METER.format(port=port))
    proof.becomes("a device on the serial line is read from within the sandbox", "fieldweir status | grep 'meter.value.* good'")
    proof.held("the adapter's driver goes", "systemctl stop fieldweir && modprobe -r ftdi_sio usbserial && ! grep ttyUSB /proc/devices")
    proof.held("the gateway starts without it", "systemctl start fieldweir")
    proof.held("the driver comes back", "modprobe ftdi_sio")
    proof.becomes("an adapter that comes after the start is read", "fieldweir status | grep 'meter.value.* good'", 120)
    proof.held("no other device can be opened there, by whomever", "head -c 1 /dev/vda > /root/first && "
               "sh -c 'echo $$ > /sys/fs/cgroup/system.slice/fieldweir.service/cgroup.procs; head -c 1 /dev/vda' 2>&1 | grep 'not permitted'")


def memory(proof):
    proof.write("/root/devices.yaml", thousand(devices_only=True))
    proof.held("a thousand registers are served", "systemctl stop devices; systemd-run --quiet --unit=devices fieldweir simulate /root/devices.yaml")
    proof.configure(thousand())
    proof.becomes("a thousand signals are read", "[ $(fieldweir status | grep -c ' good$') -ge 1000 ]")
    proof.held("for half a minute", "sleep 30")
    said = proof.held("how much memory that takes", "grep -E 'VmRSS|VmHWM|RssAnon|RssFile' /proc/$(systemctl show --property MainPID --value fieldweir)/status | tr -s '\\t ' ' ' | paste -sd ' '")
    print("     ", said)


def watchdog(proof):
    """The end of the machine: its systemd stands still, and its watchdog notices."""
    proof.write("/etc/systemd/system.conf.d/watchdog.conf", "[Manager]\nRuntimeWatchdogSec=15")
    proof.held("systemd begins again", "systemctl daemon-reexec")
    proof.becomes("it feeds the machine's watchdog", "readlink /proc/1/fd/* | grep /dev/watchdog")
    proof.machine.say("sync; kill -SEGV 1\n")
    proof.machine.gone()
    print("held: the watchdog resets a machine whose systemd stands still")


@contextlib.contextmanager
def serial_line(parts):
    """The far end of the machine's USB adapter: an independent Modbus server. Gives the near end's path."""
    near, far = parts.folder / "near", parts.folder / "far"
    parts.start("socat", ["socat", f"pty,rawer,link={near}", f"pty,rawer,link={far}"])
    wait_for(far.exists, 10, "the serial line")
    parts.start("rtu", [PYTHON, str(SUPPORT / "modbus_server.py"), str(far), "1"])
    yield near


def main():
    package = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    with tempfile.TemporaryDirectory(prefix="fieldweir-boot-") as name, Parts(broker=False, modbus=False) as parts, serial_line(parts) as near:
        folder = pathlib.Path(name)
        subprocess.run([HERE / "system.sh", package, folder], check=True)
        adapter = ["-device", "qemu-xhci", "-chardev", f"serial,id=line,path={near}", "-device", "usb-serial,chardev=line",
                   "-device", "i6300esb"]
        with Machine(folder, adapter) as machine:
            proof = Proof(machine)
            install(proof)
            exposure(proof, 1.5)
            serial(proof)
            memory(proof)
            allow_list(proof, parts)
            cuts.prepare(proof, parts.sink_port)
            watchdog(proof)
        cuts.prove(folder, parts, count, seed)
    print("all held")


if __name__ == "__main__":
    main()
