#!/usr/bin/env bash
# cross.sh TARGET: cross-builds for TARGET and runs the unit, case and simulation tests under qemu-user.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-}
. toolchains/target.sh
"${within[@]}" cmake -S . -B "build-$target" "${configure[@]}"
"${within[@]}" cmake --build "build-$target" -j "$(nproc)"
"${within[@]}" ctest --test-dir "build-$target" --output-on-failure -j "$(nproc)" -L 'unit|cases|simulation' --no-tests=error
