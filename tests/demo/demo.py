#!/usr/bin/python3
"""The main job on real parts, on the loopback: an independent Modbus server, mosquitto with a room sensor that
publishes to it, an HTTP sink as the cloud, a subscriber at the site; and one gateway between them.

Shows live values and the ledger in place (plain lines when not on a terminal). The last line is for programs:

  ledger sampled=N delivered=N queued=N dropped=N lost=N duplicates=N

in readings. delivered, lost and duplicates are counted from what the sink recorded: delivered counts each position once,
duplicates are readings that came again under a position that had come before, and lost are those that the gateway put into
batches and that are now neither with the sink, nor queued, nor accounted as dropped, refused or not selected.
Exit status 0 only if lost=0.
"""
import argparse
import contextlib
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from parts import Parts, end_with_parent, status_of, wait_for  # noqa: E402

BOILER = [
    "{name: supply_temp, table: input, address: 100, type: int16, scale: 0.1, unit: °C, poll: fast, profile: analog}",
    "{name: return_temp, table: input, address: 101, type: int16, scale: 0.1, unit: °C, poll: fast}",
    "{name: flow, table: input, address: 110, type: float32, word_order: little, unit: m3/h, poll: fast}",
    "{name: energy, table: holding, address: 200, type: uint64, scale: 0.001, unit: kWh, poll: slow}",
    "{name: alarm, table: discrete, address: 12, type: bool, poll: fast}",
    "{name: no_such_register, table: holding, address: 500, type: uint16, poll: slow}",
]


def configuration(parts):
    text = (HERE / "demo.yaml").read_text()
    for key, value in (("broker_port", parts.broker_port), ("modbus_port", parts.modbus_port),
                       ("sink_port", parts.sink_port), ("folder", parts.folder),
                       ("boiler_signals", "\n".join("      - " + row for row in BOILER))):
        text = text.replace("{" + key + "}", str(value))
    path = parts.folder / "demo.yaml"
    path.write_text(text)
    return path


def start_room_sensor(parts):
    """Another program at the site that feeds the gateway: publishes JSON once a second."""
    process = subprocess.Popen(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(parts.broker_port), "-t",
                                "zigbee2mqtt/kitchen", "-l"],
                               stdin=subprocess.PIPE, text=True, preexec_fn=end_with_parent)
    parts.processes["sensor"] = process
    return process.stdin


def publish_room(pipe, turn):
    with contextlib.suppress(BrokenPipeError):
        pipe.write(json.dumps({"temperature": 20 + turn % 10 / 10, "contact": turn % 4 < 2}) + "\n")
        pipe.flush()


def start_subscriber(parts):
    """A program at the site that listens to the local publisher; what it hears goes to a file."""
    heard = parts.folder / "subscriber.txt"
    with open(heard, "wb") as file:
        parts.processes["subscriber"] = subprocess.Popen(
            ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(parts.broker_port), "-v", "-t", "fieldweir/demo/#"], stdout=file,
            preexec_fn=end_with_parent)
    return heard


class Screen:
    def __init__(self):
        self.in_place = sys.stdout.isatty()

    def show(self, gateway, socket_path, sink_up, heard):
        notes = [f"HTTP sink {'up' if sink_up else 'DOWN'}; messages at the local subscriber: "
                 f"{heard.read_bytes().count(bytes([10]))}"]
        if self.in_place:
            text = subprocess.run([gateway, "status", "--socket", socket_path], capture_output=True, text=True).stdout
            print("\x1b[H\x1b[2J" + text + "\n".join(notes), flush=True)
            return
        status = status_of(socket_path)
        ledger, cloud = status["ledger"], status["ledger"]["uplinks"][0]
        values = {s["name"]: s.get("value") for s in status["signals"]}
        def shown(signal):
            value = values.get(signal)
            return "-" if value is None else f"{value:.1f}"

        print(f"supply_temp {shown('boiler.supply_temp')} °C, flow {shown('boiler.flow')} m3/h, "
              f"kitchen {shown('rooms.kitchen.temperature')} °C | sampled {ledger['sampled']} "
              f"filtered {ledger['filtered']} batched {ledger['batched']} | cloud {status['uplinks'][0]['state']} "
              f"delivered {cloud['delivered']} queued {cloud['queued']} | " + notes[0], flush=True)


def read_record(record):
    """(readings by position, readings that came again) of what the sink took."""
    taken, again = {}, 0
    for line in record.read_text().splitlines():
        entry = json.loads(line)
        if entry.get("status", 200) >= 300:
            continue
        batch = json.loads(entry["body"])
        position = (batch["stream"], batch["epoch"], batch["lane"], batch["seq"])
        readings = sum(1 for row in batch["readings"] if "gap" not in row)
        if position in taken:
            again += readings
        taken.setdefault(position, readings)
    return taken, again


def final_ledger(log):
    """The ledger that the gateway logs when it stops."""
    lines = [line for line in log.read_text().splitlines() if " ledger " in line or "ledger sampled" in line]
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", lines[-1].split("ledger", 1)[1])}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--fieldweir", required=True)
    arguments.add_argument("--seconds", type=float, default=0, help="end by itself (default: at Ctrl-C)")
    arguments.add_argument("--outage", type=float, default=0, help="take the HTTP sink down for so long in the middle")
    given = arguments.parse_args()

    with Parts() as parts, tempfile.TemporaryDirectory() as folder:
        sensor, heard = start_room_sensor(parts), start_subscriber(parts)
        log, socket_path = pathlib.Path(folder) / "gateway.log", folder + "/status.sock"
        command = [given.fieldweir, "run", "--config", str(configuration(parts)), "--socket", socket_path]
        with open(log, "wb") as file:
            gateway = parts.processes["gateway"] = subprocess.Popen(command, stderr=file, preexec_fn=end_with_parent)
        try:
            wait_for(lambda: pathlib.Path(socket_path).exists() or gateway.poll() is not None, 10, "status socket")
            watch(given, parts, gateway, socket_path, sensor, heard)
        except (TimeoutError, OSError):
            print(log.read_text(), file=sys.stderr)
            raise
        if gateway.poll() is not None:
            print(log.read_text(), file=sys.stderr)
            return 1
        if given.seconds:
            let_it_catch_up(socket_path)
        gateway.send_signal(signal.SIGTERM)
        gateway.wait(10)
        ledger = final_ledger(log)
        taken, duplicates = read_record(parts.record)
        delivered = sum(taken.values())
        elsewhere = ledger["queued"] + ledger["dropped"] + ledger["not_selected"] + ledger["dead_lettered"]
        # a batch that the sink took and whose answer never arrived is queued as well: then lost is negative
        lost = max(0, ledger["batched"] - delivered - elsewhere)
        print(f"ledger sampled={ledger['sampled']} delivered={delivered} queued={ledger['queued']} "
              f"dropped={ledger['dropped']} lost={lost} duplicates={duplicates}", flush=True)
        return 0 if lost == 0 and delivered > 0 else 1


def let_it_catch_up(socket_path):
    """After an outage the next attempt may be some seconds away; what is still queued then is no loss, but no show."""
    with contextlib.suppress(TimeoutError):
        wait_for(lambda: status_of(socket_path)["ledger"]["uplinks"][0]["queued"] < 50, 15, "the backlog")


def watch(given, parts, gateway, socket_path, sensor, heard):
    screen = Screen()
    begin = time.monotonic()
    outage_from = (given.seconds or 20) / 2 - given.outage / 2 if given.outage else float("inf")
    sink_up = True
    turn = 0
    with contextlib.suppress(KeyboardInterrupt):
        while gateway.poll() is None and (not given.seconds or time.monotonic() - begin < given.seconds):
            time.sleep(1)
            turn += 1
            publish_room(sensor, turn)
            gone = time.monotonic() - begin
            if sink_up and outage_from <= gone < outage_from + given.outage:
                parts.stop("sink")
                sink_up = False
            elif not sink_up and gone >= outage_from + given.outage:
                parts.start_sink()
                sink_up = True
            screen.show(given.fieldweir, socket_path, sink_up, heard)
    if not sink_up:
        parts.start_sink()


if __name__ == "__main__":
    sys.exit(main())
