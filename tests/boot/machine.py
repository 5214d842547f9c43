"""A small arm64 computer in the emulator: it boots, is told what to do over its serial line, and its power can be cut.

Its time is its own: half a billion instructions are a second to it, however busy the host is, so its times compare from run to
run. While it waits, its time is the host's. `longest` are the host's seconds, and many, for a busy host is no fault. A line
that begins with @ is a report, which `reports` collects whenever it comes. All that it says stands in FOLDER/console.log.
"""
import pathlib
import queue
import subprocess
import sys
import threading
import time

import disk

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from parts import end_with_parent, wait_for  # noqa: E402

HOST = "10.0.2.2"  # the machine that the emulator runs on, as seen from within
MACHINE = ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53", "-smp", "1", "-m", "512", "-icount", "shift=1",
           "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio",
           "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"]
KERNEL = "console=ttyAMA0 quiet loglevel=1 net.ifnames=0 systemd.show_status=false systemd.log_target=journal"


class Machine:
    def __init__(self, folder, devices=(), kernel=""):
        """`devices`: further arguments for the emulator; `kernel`: for the kernel."""
        self.folder, self.reports, self.answers, self.number = folder, [], queue.Queue(), 0
        disk.begin(folder)
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [*MACHINE, *disk.arguments(folder), "-kernel", folder / "kernel", "-initrd", folder / "initrd",
             "-append", f"{KERNEL} {kernel}", *devices],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=end_with_parent)
        threading.Thread(target=self.listen, daemon=True).start()

    def __enter__(self):
        self.until(lambda: self.reported("@listening"), 900, "the machine boots")
        return self

    def __exit__(self, *_):
        self.cut()

    def listen(self):
        with open(self.folder / "console.log", "ab") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                if not line.endswith(b"\n"):
                    break  # what it was saying when the power went
                text = line.decode(errors="replace").strip("\r\n")
                if text.startswith("@"):
                    self.reports.append(text)
                else:
                    self.answers.put(text)
        self.answers.put(None)

    def run(self, command, longest=900):
        """(exit status, what it said)."""
        self.number += 1
        end = f"={self.number}="
        self.say(f"{{ {command}\n}} < /dev/null; printf '\\n{end} %s\\n' $?\n")
        deadline, said = time.monotonic() + longest, []
        while True:
            try:
                line = self.answers.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"not within {longest} s: {command}\n" + "\n".join(said[-20:])) from None
            if line is None:
                raise EOFError(f"the machine ended during: {command}\n" + "\n".join(said[-20:]))
            if line.startswith(end):
                return int(line.split()[1]), "\n".join(said).strip()
            said.append(line)

    def reported(self, beginning):
        return [report for report in list(self.reports) if report.startswith(beginning)]

    def until(self, condition, longest, what):
        """Reports come by themselves; so it waits here for what they are to say."""
        wait_for(lambda: condition() or self.process.poll() is not None, longest, what)
        if self.process.poll() is not None:
            raise EOFError(f"the machine ended: {what}")

    def say(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def cut(self):
        """The power goes."""
        self.process.kill()
        self.process.wait()

    def off(self):
        """It is told to power off."""
        self.say("systemctl poweroff\n")
        self.gone()

    def gone(self):
        """It switches itself off, or is reset."""
        self.process.wait(900)
        disk.keep(self.folder)
