#!/usr/bin/python3
"""Faults of everything around the daemon, on the real daemon among real parts, as a user would meet them.

usage: gateway_faults.py FIELDWEIR [WORD ...]     all cases, or those with one of these words in their name

Each case is a function `case_*` in one of the modules below, with a site of its own, and runs in a process of its own, some at a
time: they mostly wait. Exit status 0 only if all passed; what a failed case and its daemon said is printed.
"""
import concurrent.futures
import importlib
import subprocess
import sys
import time
import traceback

MODULES = ("gateway_command", "gateway_disk", "gateway_field", "gateway_journal", "gateway_ledger", "gateway_stop",
           "gateway_uplinks", "gateway_writes")
AT_A_TIME = 6
LONGEST = 200


def cases():
    return {name.removeprefix("case_"): function for module in MODULES
            for name, function in vars(importlib.import_module(module)).items() if name.startswith("case_")}


def run_here(fieldweir, name):
    try:
        cases()[name](fieldweir)
        return 0
    except Exception:  # whatever it is, it is the case's result
        traceback.print_exc(file=sys.stdout)
        return 1


def run_apart(fieldweir, name):
    begun = time.monotonic()
    try:
        done = subprocess.run([sys.executable, __file__, fieldweir, "--case", name], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=LONGEST)
        passed, said = done.returncode == 0, done.stdout
    except subprocess.TimeoutExpired as over:
        passed, said = False, f"{(over.stdout or b'').decode()}\nnot over within {LONGEST} s"
    return name, passed, said, time.monotonic() - begun


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    fieldweir, words = sys.argv[1], sys.argv[2:]
    if words[:1] == ["--case"]:
        return run_here(fieldweir, words[1])
    wanted = [name for name in cases() if not words or any(word in name for word in words)]
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        results = []
        for done in concurrent.futures.as_completed([pool.submit(run_apart, fieldweir, name) for name in wanted]):
            name, passed, said, took = done.result()
            print(f"{'ok    ' if passed else 'FAILED'} {took:5.1f} s  {name}", flush=True)
            if said:
                print(said, flush=True)
            results.append(passed)
    print(f"{sum(results)} of {len(results)} cases passed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
