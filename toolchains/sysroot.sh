#!/usr/bin/env bash
# sysroot.sh RELEASE ARCHITECTURE FOLDER: unpacks the libraries of a Debian release that Fieldweir builds against.
# Runs no foreign code and leaves the host's package state alone. Kept between runs; made under another
# name and moved into place, so that an interrupted download is never taken for a sysroot. Ends with 1 if another run
# is about it.
set -euo pipefail
release=$1 architecture=$2 folder=$3
case "$release" in
  bookworm) gcc=12 ;;
  trixie) gcc=14 ;;
esac
packages=libc6-dev,libstdc++-$gcc-dev,libgcc-$gcc-dev,linux-libc-dev,libpaho-mqttpp-dev,libpaho-mqtt-dev,libssl-dev
packages+=,libmodbus-dev,libsqlite3-dev,libyaml-cpp-dev,libcurl4-openssl-dev
packages+=,nlohmann-json3-dev,rapidjson-dev,libcli11-dev,zlib1g-dev,libzstd-dev,libgtest-dev,libgmock-dev,librdkafka-dev

# a sysroot made for another list of packages, or by an older form of this script, is made anew
made_of="3 $release $architecture $packages"
if [ "$(cat "$folder/.made-of" 2>/dev/null)" = "$made_of" ]; then exit 0; fi

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

mkdir -p "$(dirname "$folder")"
exec 9> "$folder.lock"
flock --nonblock 9 || { echo "sysroot.sh: another run makes $folder; wait for its end" >&2 && exit 1; }
mirror=$(toolchains/mirror.sh)
as_root rm -rf "$folder" "$folder.part"
# merged-usr: Debian 13 packages unpack into /usr only, but the loader's name is /lib/ld-linux...
as_root mmdebstrap --quiet --variant=extract --architectures="$architecture" --include="$packages" \
  --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --extract-hook=toolchains/package-database.sh "$release" "$folder.part" "deb $mirror $release main"
as_root chown -R "$(id -u):$(id -g)" "$folder.part"

toolchains/relative-links.sh "$folder.part"
rm -rf "$folder.part/dev"  # the emulator would open these in the place of this machine's
printf '%s\n' "$made_of" > "$folder.part/.made-of"
mv "$folder.part" "$folder"
