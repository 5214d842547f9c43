#!/usr/bin/env bash
# shlibdeps.sh: dpkg-shlibdeps for a binary of another system: libraries and their packages are looked up in the
# sysroot, which brings a package database (sysroot.sh). CPack calls it in the place of dpkg-shlibdeps;
# FIELDWEIR_SYSROOT, FIELDWEIR_TRIPLE and DEB_HOST_ARCH come from package.sh.
set -euo pipefail
case "${1:-}" in --version | --help) exec dpkg-shlibdeps "$@" ;; esac
database=$(mktemp -d)
trap 'rm -rf "$database"' EXIT
cp -r "$FIELDWEIR_SYSROOT"/var/lib/dpkg/{status,info} "$database"
mkdir -p "$database/updates"
printf '%s\n' "$(dpkg --print-architecture)" "$DEB_HOST_ARCH" > "$database/arch"
# it finds the libraries where they stand on this machine, and asks for the package of that path
sed -i "s#^/#$FIELDWEIR_SYSROOT/#" "$database"/info/*.list
dpkg-shlibdeps --admindir="$database" -l"$FIELDWEIR_SYSROOT/usr/lib/$FIELDWEIR_TRIPLE" \
  -l"$FIELDWEIR_SYSROOT/lib/$FIELDWEIR_TRIPLE" "$@"
