"""The configurations of the booted machine."""

MOSQUITTO = "listener 1883 127.0.0.1\nallow_anonymous true"

TANK = """version: 1
devices:
  - name: tank
    modbus_tcp: {host: 127.0.0.1, port: 5020, unit: 1}
    poll: {fast: 500ms}
    signals:
      - {name: level, table: input, address: 100, type: int16, scale: 0.1, poll: fast}
uplinks: []"""

CONFIG = TANK.replace("uplinks: []", """brokers: {site: {url: "mqtt://127.0.0.1:1883"}}
uplinks:
  - name: scada
    mqtt: {broker: site, topic: "plant/{lane}"}""")

CLOUD = """
  - name: cloud
    https: {{url: "http://{host}:{port}/v1/batch", insecure: true}}"""

METER = """version: 1
devices:
  - name: meter
    modbus_rtu: {{port: {port}, baud: 19200, format: 8N1, unit: 1}}
    poll: {{fast: 1s}}
    signals:
      - {{name: value, table: holding, address: 10, type: uint16, poll: fast}}
uplinks: []"""


def thousand(devices_only=False):
    """10 devices of 100 registers at 1 s, to the broker."""
    registers = "\n".join(f"      - {{name: r{a}, table: holding, address: {a}, type: uint16, poll: fast}}" for a in range(100))
    devices = "\n".join(f"""  - name: d{unit}
    modbus_tcp: {{host: 127.0.0.1, port: 5020, unit: {unit}}}
    poll: {{fast: 1s}}
    signals:
{registers}""" for unit in range(1, 11))
    text = f"version: 1\ndevices:\n{devices}\n"
    if devices_only:
        return text + "uplinks: []"
    return text + CONFIG[CONFIG.index("brokers:"):]
