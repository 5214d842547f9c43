"""Real daemons with an uplink of every kind, and the real destinations behind them, for the proofs of this folder."""
import asyncio
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import time
import types

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "integration")]
from gateway_account import balance  # noqa: E402
from gateway_site import Site, status_of, wait_for  # noqa: E402
from parts import PYTHON, SUPPORT, free_port, listening  # noqa: E402
from taken import Taken, bodies  # noqa: E402

KINDS = ("https", "mqtt", "kafka", "kinesis")
BACK_WITHIN = 60 + 5  # the back-off's cap and 5 s
CONFIGURATION = """version: 1
gateway: {{id: {name}}}
brokers: {{site: {{{broker}}}}}
devices:
  - name: plant
    simulate: {{interval: 100ms, seed: 7}}
    signals:
      - {{name: temp, wave: sine, mean: 60, amplitude: 5, period: 1m}}
batch: {{every: 200ms}}
buffer: {{path: "{folder}/{name}.db", max_size: 64MiB, persist_after: 200ms, commit: {{every: 200ms}}}}
uplinks:
  - name: https
    https: {{{https}, timeout: 2s}}
  - name: mqtt
    mqtt: {{broker: site, topic: "scada/{{gateway}}/{{lane}}", keep_alive: 4s}}
  - name: kafka
    kafka: {{{kafka}, topic: plant}}
  - name: kinesis
    kinesis: {{{kinesis}, stream: plant, region: eu-central-1, access_key: AKIDEXAMPLE, secret_key: secret, timeout: 2s}}
"""


class FarSide(Site):
    """One sink, one broker, one Kafka cluster, one Kinesis; some gateways."""

    def __init__(self, fieldweir, preload, cluster, partitions):
        super().__init__(fieldweir, modbus=False)
        self.preload, self.cluster, self.partitions = preload, cluster, partitions

    def __enter__(self):
        super().__enter__()
        try:
            self.start_cluster()
            self.start_kinesis()
            self.heard = self.subscribe("first")
            for port in (self.sink_port, self.kinesis_port):
                wait_for(lambda p=port: listening(p), 10, "a sink")
        except BaseException:
            self.__exit__()
            raise
        return self

    def start_cluster(self):
        fifo = self.folder / "orders.fifo"
        subprocess.run(["mkfifo", str(fifo)], check=True)
        self.start("cluster", [self.cluster, "1", "plant", str(self.partitions), str(fifo)])
        wait_for(lambda: ":" in self.log("cluster"), 10, "the cluster")
        self.cluster_port = int(self.log("cluster").split("\n")[0].rsplit(":", 1)[1])

    def start_kinesis(self):
        self.kinesis_port, self.kinesis_record = free_port(), self.folder / "kinesis.jsonl"
        self.start("kinesis", [PYTHON, str(SUPPORT / "kinesis_sink.py"), "--port", str(self.kinesis_port),
                               "--record", str(self.kinesis_record), "--orders", str(self.folder / "no_orders")])

    def texts(self):
        """By kind: everything that the destination was given, in order of arrival per gateway."""
        kcat = subprocess.run(["kcat", "-C", "-q", "-e", "-b", f"127.0.0.1:{self.cluster_port}", "-t", "plant",
                               "-o", "beginning", "-f", "%s\\n"], capture_output=True, text=True, timeout=60, check=True)
        records = self.kinesis_record.read_text().splitlines()
        return {"https": list(bodies(self.record)), "kinesis": [json.loads(record)["data"] for record in records], "kafka": kcat.stdout.splitlines(),
                "mqtt": [line for line in self.heard.read_text().splitlines() if line.startswith("{")]}

    def ports(self):
        """Of the destinations, by kind."""
        return dict(zip(KINDS, (self.sink_port, self.broker_port, self.cluster_port, self.kinesis_port)))

    def said_where(self, port):
        """What tells a client to go on talking to `port`: the cluster says where it listens."""
        real, ours = (b"127.0.0.1" + number.to_bytes(4, "big") for number in (self.cluster_port, port))
        return lambda piece: piece.replace(real, ours)

    async def end_all(self, gateways):
        """SIGTERM to all of them, while what stands between goes on; what must not be."""
        with concurrent.futures.ThreadPoolExecutor(len(gateways)) as pool:
            loop = asyncio.get_running_loop()
            ended = await asyncio.gather(*(loop.run_in_executor(pool, self.end, gateway.name) for gateway in gateways))
        return [f"{gateway.name}: exit status {status}" for gateway, (status, _) in zip(gateways, ended) if status]


class Gateway:
    """One daemon, and what was seen of it."""

    def __init__(self, site, name):
        self.site, self.name = site, name
        self.socket = str(site.folder / f"{name}.sock")
        self.names = site.folder / f"{name}.names"  # while it exists names resolve
        self.clock = site.folder / f"{name}.clock"  # if it exists: how wrong the clock is
        self.slowest = dict.fromkeys(KINDS, 0.0)

    def run(self, **links):
        """`links`: broker, https, kafka, kinesis, as in the configuration."""
        config = self.site.folder / f"{self.name}.yaml"
        config.write_text(CONFIGURATION.format(name=self.name, folder=self.site.folder, **links))
        believe = [f"LD_PRELOAD={self.site.preload}", f"FIELDWEIR_TEST_NAMES={self.names}"]
        if self.clock.exists():
            believe.append(f"FIELDWEIR_TEST_CLOCK={self.clock}")
        self.site.start(self.name, ["env", *believe, self.site.fieldweir, "run", "--config", str(config),
                                    "--socket", self.socket])

    def run_over_tls(self, port, tls):
        """`port`: by kind, of doors; `tls`: the keys that name certificates."""
        self.run(broker=f'url: "mqtts://door.test:{port["mqtt"]}", {tls}',
                 https=f'url: "https://door.test:{port["https"]}/v1/batch", {tls}',
                 kafka=f'brokers: ["door.test:{port["kafka"]}"], security: ssl, {tls}',
                 kinesis=f'endpoint: "https://door.test:{port["kinesis"]}/", {tls}')

    async def back(self, kind):
        """Until something is delivered again."""
        begun = time.monotonic()
        before = self.delivered(kind)
        while self.delivered(kind) <= before:
            if time.monotonic() - begun > BACK_WITHIN:
                raise AssertionError(f"{self.name}: {kind} is not back within {BACK_WITHIN} s\n{self.site.log(self.name)}")
            await asyncio.sleep(0.1)
        self.slowest[kind] = max(self.slowest[kind], time.monotonic() - begun)

    def delivered(self, kind):
        try:
            uplinks = status_of(self.socket)["ledger"]["uplinks"]
        except OSError:
            return 0
        return next(one["delivered"] for one in uplinks if one["name"] == kind)

    async def drained(self):
        end = time.monotonic() + BACK_WITHIN
        while any(one["queued"] > 50 for one in status_of(self.socket)["ledger"]["uplinks"]) and time.monotonic() < end:
            await asyncio.sleep(0.2)

    def faults(self, texts):
        """Everything that must not be, now that it has ended."""
        found = []
        account = types.SimpleNamespace(log=lambda: self.site.log(self.name))
        for kind in KINDS:
            ours = [text for text in texts[kind] if json.loads(text)["gateway"] == self.name]
            taken = Taken(f"{self.name} {kind}", ours)
            found += taken.faults
            counts = balance(account, kind)
            if counts["queued"] or counts["dropped"] or counts["dead_lettered"] or taken.readings != counts["delivered"]:
                found.append(f"{self.name} {kind}: {taken.readings} readings arrived, {counts}")
        return found
