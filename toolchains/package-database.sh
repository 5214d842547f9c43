#!/usr/bin/env bash
# package-database.sh ROOT: after mmdebstrap has unpacked ROOT without running anything: writes down for dpkg which
# package each file came from, so that dependencies can be worked out from the sysroot (shlibdeps.sh).
set -euo pipefail
database=$1/var/lib/dpkg
mkdir -p "$database/info" "$database/updates"
echo 1 > "$database/info/format"
: > "$database/status"
for package in "$1"/var/cache/apt/archives/*.deb; do
  name=$(dpkg-deb -f "$package" Package)
  if [ "$(dpkg-deb -f "$package" Multi-Arch)" = same ]; then name=$name:$(dpkg-deb -f "$package" Architecture); fi
  dpkg-deb -f "$package" | sed '1a Status: install ok installed' >> "$database/status"
  echo >> "$database/status"
  dpkg-deb --fsys-tarfile "$package" | tar -t | sed 's#^\./#/#; s#/$##' | grep . > "$database/info/$name.list"
  control=$(mktemp -d)
  dpkg-deb -e "$package" "$control"
  for file in shlibs symbols; do
    if [ -f "$control/$file" ]; then cp "$control/$file" "$database/info/$name.$file"; fi
  done
  rm -r "$control"
done
