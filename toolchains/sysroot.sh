#!/usr/bin/env bash
# sysroot.sh ARCHITECTURE FOLDER: unpacks the Debian 12 libraries that Fieldweir builds against into FOLDER.
# Runs no foreign code and leaves the host's package state alone. Kept between runs; made under another
# name and moved into place, so that an interrupted download is never taken for a sysroot.
set -euo pipefail
architecture=$1
folder=$2
packages=libc6-dev,libstdc++-12-dev,libgcc-12-dev,linux-libc-dev,libpaho-mqttpp-dev,libpaho-mqtt-dev,libssl-dev
packages+=,libmodbus-dev,libsqlite3-dev,libyaml-cpp-dev,libcurl4-openssl-dev,libspdlog-dev,libfmt-dev
packages+=,nlohmann-json3-dev,rapidjson-dev,libcli11-dev,zlib1g-dev,libgtest-dev,libgmock-dev

# a sysroot made for another list of packages is made anew
if [ "$(cat "$folder/.packages" 2>/dev/null)" = "$packages" ]; then exit 0; fi

mirror=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Codename: bookworm" | head -1)
if [ -z "$mirror" ]; then
  echo "sysroot.sh: this machine has no Debian 12 (bookworm) package source; add one to /etc/apt" >&2
  exit 1
fi
rm -rf "$folder" "$folder.part"
mkdir -p "$(dirname "$folder")"
mmdebstrap --quiet --variant=extract --architectures="$architecture" --include="$packages" bookworm "$folder.part" \
  "deb $mirror bookworm main" "deb $mirror bookworm-updates main"

# absolute links would lead out of the sysroot
find "$folder.part" -path "$folder.part/dev" -prune -o -type l -lname '/*' -print | while read -r link; do
  ln -snfr "$folder.part$(readlink "$link")" "$link"
done
printf '%s\n' "$packages" > "$folder.part/.packages"
mv "$folder.part" "$folder"
