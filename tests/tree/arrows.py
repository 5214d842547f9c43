#!/usr/bin/python3
"""Checks the include arrows of docs/architecture.md, and that each third-party library has one door.

Usage: arrows.py ROOT. Prints each offending line; exit status 1 if there is any.
"""
import pathlib
import re
import sys

BELOW = {
    "core": [],
    "config": ["core"],
    "transport": ["config", "core"],
    "drivers": ["transport", "config", "core"],
    "pipeline": ["config", "core"],
    "buffer": ["config", "core"],
    "uplink": ["buffer", "transport", "config", "core"],
    "daemon": ["drivers", "pipeline", "buffer", "uplink", "transport", "config", "core"],
}

# header prefix -> what it belongs to; a library's headers may be included by one file only
LIBRARIES = {
    "yaml-cpp/": "yaml-cpp", "modbus/": "libmodbus", "modbus.h": "libmodbus",
    "mqtt/": "Paho", "MQTTAsync.h": "Paho", "sqlite3.h": "SQLite", "curl/": "libcurl", "librdkafka/": "librdkafka", "openssl/": "OpenSSL", "rapidjson/": "RapidJSON",
    "nlohmann/": "nlohmann-json", "CLI/": "CLI11", "zlib.h": None,
}

INCLUDE = re.compile(r'^\s*#include\s+[<"]([^>"]+)[>"]')


def main(root):
    faults = []
    doors = {}
    for room, below in BELOW.items():
        for path in sorted((root / room).rglob("*.*")):
            if path.suffix not in (".h", ".cc"):
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = INCLUDE.match(line)
                if not found:
                    continue
                header = found.group(1)
                target = header.split("/")[0]
                if "/" in header and target in BELOW and target != room and target not in below:
                    faults.append(f"{path}:{number}: {room} must not include {target}: {line.strip()}")
                for prefix, library in LIBRARIES.items():
                    if library and header.startswith(prefix):
                        doors.setdefault(library, {}).setdefault(str(path), number)
    for library, files in doors.items():
        if len(files) > 1:
            faults.append(f"{library} is included by more than one file: " + ", ".join(sorted(files)))
    print("\n".join(faults) if faults else "include arrows: ok")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
