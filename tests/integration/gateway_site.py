"""A site for the fault tests: the real daemon among real parts that can be frozen, killed, brought back and made to refuse.

with Site(FIELDWEIR, broker=False, ...) as site: every process dies with the block; whatever is named False may be started later.
"""
import json
import os
import pathlib
import signal
import string
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from parts import PYTHON, SUPPORT, Parts, end_with_parent, listening, status_of, wait_for  # noqa: E402

RETRIED = 65  # seconds within which whoever came back is tried again: the longest pause, and what a busy machine takes
BASE = """version: 1
gateway: {id: site}
brokers: {site: {url: "mqtt://127.0.0.1:$broker"}}
batch: {every: 100ms}
buffer: {path: "$journal", max_size: 64MiB, persist_after: 100ms, commit: {every: 100ms}}
"""
PLANT = """  - name: plant
    simulate: {interval: 50ms, seed: 7}
    signals:
      - {name: temp, wave: sine, mean: 60, amplitude: 5, period: 1m}
"""
# energy is the server's clock in ms: it tells when a value was really read
BOILER = """  - name: boiler
    modbus_tcp: {host: 127.0.0.1, port: $modbus, unit: 1, timeout: 500ms}
    addressing: zero_based
    poll: {fast: 100ms}
    signals:
      - {name: energy, table: holding, address: 200, type: uint64, poll: fast}
"""
ROOMS = """  - name: rooms
    mqtt: {broker: site, topic: "rooms/{room}"}
    max_instances: 2
    signals:
      - {name: "{room}.temperature", pointer: /temperature, type: float64}
"""
CLOUD = """  - name: cloud
    https: {url: "http://127.0.0.1:$sink/v1/batch"$token, timeout: 2s}
"""
SCADA = """  - name: scada
    mqtt: {broker: site, topic: "scada/{lane}", keep_alive: 1s}
"""
LOCAL = 'local: {mqtt: {broker: site, prefix: "live"}}\n'


def check(truth, what):
    if not truth:
        raise AssertionError(what)


class Site(Parts):
    def __init__(self, fieldweir, **wanted):
        super().__init__(**wanted)
        self.fieldweir = fieldweir

    # --- the gateway

    def configure(self, devices=PLANT, uplinks=CLOUD, local="", token="", path=None, extra=""):
        """Writes gateway.yaml; a text may name $broker, $modbus, $sink."""
        self.config = self.folder / "gateway.yaml"
        text = BASE + "devices:\n" + devices + "uplinks:\n" + uplinks + local + extra
        self.config.write_text(string.Template(text).substitute(
            broker=self.broker_port, modbus=self.modbus_port, sink=self.sink_port, journal=path or self.folder / "journal.db",
            token=f", token: {token}" if token else ""))

    def run(self, name="gateway"):
        """Starts the daemon and waits for its status; seconds that took."""
        begun = time.monotonic()
        self.socket = str(self.folder / f"{name}.sock")
        self.start(name, [self.fieldweir, "run", "--config", str(self.config), "--socket", self.socket])
        process = self.processes[name]
        wait_for(lambda: self.answers() or process.poll() is not None, 20, "status")
        check(process.poll() is None, f"the daemon ended by itself: {process.returncode}\n{self.log(name)}")
        return time.monotonic() - begun

    def answers(self):
        try:
            return bool(self.status())
        except (OSError, ValueError):
            return False

    def status(self):
        return status_of(self.socket)

    def until(self, condition, longest, what):
        """Waits until condition(status) holds; that status."""
        found = {}

        def holds():
            found["status"] = self.status()
            return condition(found["status"])
        try:
            wait_for(holds, longest, what)
        except TimeoutError:
            print(json.dumps({key: found["status"][key] for key in ("devices", "buffer", "uplinks", "ledger")}, indent=1))
            raise
        return found["status"]

    def end(self, name="gateway"):
        """SIGTERM; (exit status, seconds it took)."""
        process = self.processes.pop(name)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        return process.wait(10), time.monotonic() - begun

    def fieldweir_says(self, *arguments):
        return subprocess.run([self.fieldweir, *arguments], capture_output=True, text=True, timeout=10).stdout

    def log(self, name="gateway"):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    # --- the parts

    def start_sink(self):
        self.start("sink", [PYTHON, str(SUPPORT / "http_sink.py"), "--port", str(self.sink_port),
                            "--record", str(self.record), "--orders", str(self.folder / "orders")])

    def order(self, *orders):
        """What the sink answers to its next requests."""
        fresh = self.folder / "orders.new"
        fresh.write_text("".join(json.dumps(order) + "\n" for order in orders))
        os.rename(fresh, self.folder / "orders")

    def freeze(self, *names):
        for name in names:
            self.processes[name].send_signal(signal.SIGSTOP)

    def thaw(self, *names):
        for name in names:
            self.processes[name].send_signal(signal.SIGCONT)

    def publish(self, topic, payload):
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.broker_port), "-t", topic,
                        "-s" if payload else "-n"], input=payload, check=True,
                       timeout=10)

    def subscribe(self, name):
        """An independent subscriber that has seen a message of its own; the file of what it hears, a payload a line. QoS 0: mosquitto
        hands it a message before it confirms the publisher, so what was confirmed is here even if the broker is killed then."""
        wait_for(lambda: listening(self.broker_port), 10, "broker")
        heard = self.folder / f"{name}.heard"
        with open(heard, "ab") as file:
            self.processes[name] = subprocess.Popen(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.broker_port),
                                                     "-t", "scada/#"], stdout=file,
                                                    preexec_fn=end_with_parent)

        def hears():
            self.publish("scada/hello", b"hello")
            return heard.stat().st_size > 0
        wait_for(hears, 10, "subscriber")
        return heard


def device(status, name):
    return next(one for one in status["devices"] if one["name"] == name)


def errors(status, name):
    return sum(device(status, name)["errors"].values())


def uplink(status, name="cloud"):
    return next(one for one in status["uplinks"] if one["name"] == name)


def value(status, name):
    return next((one for one in status["signals"] if one["name"] == name), {})


def ledger_of(status, name="cloud"):
    return next(one for one in status["ledger"]["uplinks"] if one["name"] == name)


def flows(name="cloud", queue=200):
    """A condition: the uplink is connected and owes little."""
    return lambda status: uplink(status, name)["state"] == "connected" and uplink(status, name)["queued"] < queue
