#!/usr/bin/env bash
# uplink-package.sh FOLDER VERSION UPLINK TITLE DEPENDS: the Debian package fieldweir-UPLINK. It holds no program, which is
# in `fieldweir`; it brings what only that uplink loads, under one name in all releases. For package.sh.
set -euo pipefail
folder=$1 version=$2 uplink=$3 title=$4 depends=$5
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
documents=$root/usr/share/doc/fieldweir-$uplink
mkdir -p "$documents" "$root/DEBIAN"
cp toolchains/debian/copyright "$documents"
gzip -9n > "$documents/changelog.Debian.gz" <<END
fieldweir ($version) unstable; urgency=medium

  * See the changelog of the package fieldweir.

 -- $(cat toolchains/debian/maintainer)  $(date -uRd "@$SOURCE_DATE_EPOCH")
END
cat > "$root/DEBIAN/control" <<END
Package: fieldweir-$uplink
Source: fieldweir
Version: $version
Architecture: all
Maintainer: $(cat toolchains/debian/maintainer)
Section: net
Priority: optional
Depends: fieldweir, $depends
Description: IoT edge gateway: what uplinks to $title need (metapackage)
 Fieldweir loads some libraries only when a configured uplink needs them, so
 that a gateway without such an uplink does not carry them. This package brings
 those for $title; the program is in the package fieldweir.
END
dpkg-deb --root-owner-group -Zxz -b "$root" "$folder/fieldweir-${uplink}_${version}_all.deb"
