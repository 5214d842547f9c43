#!/usr/bin/python3
"""`fieldweir schema` against a validator that is not ours (npm's ajv): accepted as a schema; takes every example and every case
that `check` takes; refuses what is wrong in a way that a schema can say.

usage: schema.py FIELDWEIR BUILD SOURCE     BUILD is a folder to install ajv into
"""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from parts import node_modules  # noqa: E402

# A schema says this as well as `check`. It cannot compare one section with another, look up names and globs, nor hold a duration
# or a size to its limits; its YAML reader takes 010 for a number. What a filter takes is not declared as fields.
SAYABLE = re.compile(r"config\.yaml:\d+:\d+: (unknown (key|filter)|[\w ]+ needs ('\w+': |one of)|not valid YAML|"
                     r"expected (an integer such|a number such|a size such|a duration with|true or false|one of|a list|a map)"
                     r"(?!.*got '0\d))")


def sayable(case):
    """Whether one of the mistakes of this bad case is one that a schema sees."""
    expected = (case / "expected.txt").read_text(encoding="utf-8", errors="replace")
    if case.name == "filter_values":
        return False
    if "${" in (case / "config.yaml").read_text(encoding="utf-8", errors="replace"):
        return False  # what is put in comes later
    return any(SAYABLE.match(line) for line in expected.splitlines())


def main(fieldweir, build, source):
    modules, why = node_modules(build, "ajv@8", "yaml@2")
    if modules is None:
        print(f"skipped: {why}")
        return 0
    schema = build / "fieldweir.schema.json"
    schema.write_bytes(subprocess.run([fieldweir, "schema"], check=True, capture_output=True).stdout)
    cases = sorted(path.parent for path in (source / "tests/cases").glob("*/config.yaml"))
    examples = sorted((source / "docs/examples").glob("*.yaml"))
    files = examples + [case / "config.yaml" for case in cases]
    said = subprocess.run(["node", source / "tests/support/schema.js", schema, *files], check=True, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "NODE_PATH": str(modules)})
    mistakes = {pathlib.Path(file): found for file, found in map(json.loads, said.stdout.splitlines())}

    problems, beyond, bad = [], [], 0
    for file in files:
        expected = file.parent / "expected.txt"
        good = file in examples or not expected.exists() or expected.stat().st_size == 0
        bad += not good
        if good and mistakes[file]:
            problems.append(f"{file}: good, but the schema refuses it: {mistakes[file][:5]}")
        elif not good and not mistakes[file]:
            beyond.append(file.parent.name)
            if sayable(file.parent):
                problems.append(f"{file}: bad, but the schema takes it:\n{expected.read_text()}")
    for problem in problems:
        print(problem)
    print(f"{len(files)} files, {bad} of them bad, {bad - len(beyond)} refused by the schema; beyond it: {', '.join(beyond)}")
    return 1 if problems else 0


sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])))
