#!/usr/bin/env bash
# cross.sh TARGET: cross-builds for TARGET and runs the unit, case and simulation tests under qemu-user.
set -euo pipefail
cd "$(dirname "$0")/.."
known="arm64-bookworm, armhf-bookworm, arm64-trixie, armhf-trixie"
target=${1:-}
case "$target" in
  arm64-bookworm | armhf-bookworm | arm64-trixie | armhf-trixie) ;;
  *)
    echo "cross.sh: unknown target '$target'; known: $known" >&2
    exit 2
    ;;
esac
architecture=${target%-*} release=${target#*-}

sysroot=.cache/sysroots/$target
toolchains/sysroot.sh "$release" "$architecture" "$sysroot"
within=(toolchains/within.sh "$release")
"${within[@]}" cmake -S . -B "build-$target" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_TOOLCHAIN_FILE="$PWD/toolchains/$architecture.cmake" -DSYSROOT_DIR="$PWD/$sysroot"
"${within[@]}" cmake --build "build-$target" -j "$(nproc)"
"${within[@]}" ctest --test-dir "build-$target" --output-on-failure -j "$(nproc)" -L 'unit|cases|simulation'
