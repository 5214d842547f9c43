"""The real parts that demo, benchmark and crash tests run beside the gateway: mosquitto, an independent Modbus
server, an HTTP sink. Free ports of the loopback; everything that was started is ended with the `with` block.
"""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SUPPORT = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's pymodbus


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition, longest, what):
    end = time.monotonic() + longest
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {longest} s")
        time.sleep(0.02)


def end_with_parent():
    """In the child: the kernel ends it when we are gone, however we went."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def status_of(path):
    """What the gateway behind the status socket `path` says of itself; OSError while it is not there."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(path)
        client.sendall(b"status\n")
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    return json.loads(answer)


class Parts:
    """with Parts(...) as parts: parts.broker_port, parts.modbus_port, parts.sink_port, parts.record (a path)."""

    def __init__(self, modbus_units=1, broker=True, modbus=True, sink=True):
        self.wanted = (broker, modbus, sink)
        self.units = modbus_units
        self.broker_port, self.modbus_port, self.sink_port, self.unused_port = (free_port() for _ in range(4))
        self.processes = {}

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fieldweir-parts-"))
        self.record = self.folder / "sink.jsonl"
        try:
            broker, modbus, sink = self.wanted
            if broker:
                self.start_broker()
            if modbus:
                self.start_modbus()
            if sink:
                self.start_sink()
            for port, wanted in zip((self.broker_port, self.modbus_port, self.sink_port), self.wanted):
                if wanted:
                    wait_for(lambda p=port: listening(p), 20, f"port {port}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name, command):
        log = open(self.folder / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                preexec_fn=end_with_parent)

    def start_broker(self):
        config = self.folder / "mosquitto.conf"
        config.write_text(f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
                          "max_inflight_messages 1000\nmax_queued_messages 10000\n")
        mosquitto = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.start("mosquitto", [mosquitto, "-c", str(config)])

    def start_modbus(self):
        self.start("modbus", [PYTHON, str(SUPPORT / "modbus_server.py"), str(self.modbus_port), str(self.units)])

    def start_sink(self):
        self.start("sink", [PYTHON, str(SUPPORT / "http_sink.py"), "--port", str(self.sink_port),
                            "--record", str(self.record)])

    def stop(self, name):
        process = self.processes.pop(name)
        process.kill()
        process.wait()


def node_modules(build, *packages):
    """The folder of npm packages that are installed below `build`, or None and why not."""
    folder = pathlib.Path(build) / "npm" / "-".join(package.split("@")[0] for package in packages)
    found = folder / "node_modules"
    if not shutil.which("npm"):
        return None, "npm is not installed"
    if not all((found / package.split("@")[0]).is_dir() for package in packages):
        # where there is no registry nobody waits minutes for it
        done = subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--silent", "--fetch-retries=1",
                               "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000", *packages],
                              capture_output=True, text=True, timeout=180)
        if done.returncode != 0:
            return None, f"npm cannot install {', '.join(packages)}: {done.stderr.strip()[-200:]}"
    return found, ""
