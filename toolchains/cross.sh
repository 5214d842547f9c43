#!/usr/bin/env bash
# cross.sh TARGET: cross-builds for TARGET and runs the unit tests under qemu-user.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-}
case "$target" in
  arm64) architecture=arm64 compiler=g++-12-aarch64-linux-gnu ;;
  *)
    echo "cross.sh: unknown target '$target'; known: arm64" >&2
    exit 2
    ;;
esac

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
dpkg-query -W "$compiler" >/dev/null 2>&1 ||
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$compiler" >&2

sysroot=${FIELDWEIR_SYSROOTS:-.cache/sysroots}/$target
toolchains/sysroot.sh "$architecture" "$sysroot"
cmake -S . -B "build-$target" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_TOOLCHAIN_FILE="$PWD/toolchains/$target.cmake" -DSYSROOT_DIR="$(realpath "$sysroot")"
cmake --build "build-$target" -j "$(nproc)"
ctest --test-dir "build-$target" --output-on-failure -j "$(nproc)" -L 'unit|cases'
