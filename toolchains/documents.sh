#!/usr/bin/env bash
# documents.sh FOLDER PROGRAM...: what a Debian package holds beside the program and is not kept in the tree as it is
# packed: compressed pages, the schema, the changelog. FOLDER is laid out like /usr. The version is the PROGRAM's own.
set -euo pipefail
folder=$1
shift
version=$("$@" version | awk '{print $2; exit}')
mkdir -p "$folder/share/man/man1" "$folder/share/man/man5" "$folder/share/doc/fieldweir" "$folder/share/fieldweir"
"$@" schema > "$folder/share/fieldweir/fieldweir.schema.json"
"$@" schema --manual | gzip -9n > "$folder/share/man/man5/fieldweir.yaml.5.gz"
gzip -9n < docs/fieldweir.1 > "$folder/share/man/man1/fieldweir.1.gz"
gzip -9n < CHANGELOG.md > "$folder/share/doc/fieldweir/changelog.gz"
gzip -9n > "$folder/share/doc/fieldweir/changelog.Debian.gz" <<END
fieldweir ($version-$FIELDWEIR_DEBIAN_RELEASE) unstable; urgency=medium

  * See changelog.gz.

 -- $(cat toolchains/debian/maintainer)  $(date -uRd "@$SOURCE_DATE_EPOCH")
END
