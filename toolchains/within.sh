#!/usr/bin/env bash
# within.sh RELEASE COMMAND...: runs a command where RELEASE's own compilers are: on this machine if that is its
# release, else in a minimal system kept under .cache (made once, about a minute), with this folder at its place.
# A compiler of another release would mix its C library with the sysroot's.
set -euo pipefail
release=$1
shift
packages=cmake,ninja-build,pkg-config,g++-aarch64-linux-gnu,g++-arm-linux-gnueabihf,qemu-user-static,dpkg-dev,file
packages+=,mosquitto,mosquitto-clients,openssl,python3  # peers of the tests

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

if [ "$(. /etc/os-release; echo "$VERSION_CODENAME")" = "$release" ]; then
  for package in ${packages//,/ }; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$package" >&2
  done
  exec "$@"
fi

# a system made of another list of packages is made anew; of an interrupted one only the .part is there
system=.cache/systems/$release
if [ "$(cat "$system/.made-of" 2>/dev/null)" != "$packages" ]; then
  mirror=$(toolchains/mirror.sh)
  as_root rm -rf "$system" "$system.part"
  mkdir -p .cache/systems
  as_root unshare --mount mmdebstrap --quiet --variant=minbase --include="$packages" "$release" "$system.part" \
    "deb $mirror $release main"
  printf '127.0.0.1 localhost\n::1 localhost\n' | as_root tee "$system.part/etc/hosts" > /dev/null
  echo 0123456789abcdef0123456789abcdef | as_root tee "$system.part/etc/machine-id" > /dev/null
  echo "$packages" | as_root tee "$system.part/.made-of" > /dev/null
  as_root mv "$system.part" "$system"
fi
as_root mkdir -p "$system$PWD"
exec_in=(unshare --mount --fork toolchains/enter.sh "$system" "$PWD" "$(id -u):$(id -g)")
# sudo lets no variable through
passed=()
for name in DEB_HOST_ARCH SOURCE_DATE_EPOCH FIELDWEIR_DEBIAN_RELEASE FIELDWEIR_LIBCURL FIELDWEIR_SYSROOT FIELDWEIR_TRIPLE; do
  if [ -n "${!name+set}" ]; then passed+=("$name=${!name}"); fi
done
as_root "${exec_in[@]}" env "${passed[@]}" "$@"
