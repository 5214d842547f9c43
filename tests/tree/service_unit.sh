#!/bin/sh
# service_unit.sh UNIT: `systemd-analyze verify` is silent, and the exposure at most 1.5.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# the binary need not be installed to judge the unit
sed 's#^ExecStart=[^ ]*#ExecStart=/bin/true#' "$1" > "$folder/fieldweir.service"
complaints=$(systemd-analyze verify --man=no "$folder/fieldweir.service" 2>&1)
if [ -n "$complaints" ]; then
  echo "$complaints"
  exit 1
fi
systemd-analyze security --offline=true --threshold=15 "$1" | tail -1
