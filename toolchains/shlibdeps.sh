#!/usr/bin/env bash
# shlibdeps.sh: dpkg-shlibdeps for a binary of another system: libraries and their packages are looked up in the
# sysroot, which brings a package database (sysroot.sh). CPack calls it in the place of dpkg-shlibdeps;
# FIELDWEIR_SYSROOT and DEB_HOST_ARCH come from package.sh.
set -euo pipefail
case "${1:-}" in --version | --help) exec dpkg-shlibdeps "$@" ;; esac
libraries=$FIELDWEIR_SYSROOT/usr/lib/$(dpkg-architecture -a"$DEB_HOST_ARCH" -qDEB_HOST_MULTIARCH 2>/dev/null)
exec dpkg-shlibdeps --admindir="$FIELDWEIR_SYSROOT/var/lib/dpkg" -l"$libraries" "$@"
