#!/usr/bin/env bash
# package.sh [TARGET]: builds the Debian packages for TARGET, or for this machine, checks them, and says how large they are.
# Two builds of one commit are the same to the byte: times are the commit's, and the paths of the build are left out.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022  # folders are packed as they are made
target=${1:-native}
if [ "$target" = native ]; then
  architecture=$(dpkg --print-architecture) release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  sysroot= within=() emulator=() configure=(-G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo)
else
  . toolchains/target.sh
fi
case "$release" in
  bookworm) debian=12 ;;
  trixie) debian=13 ;;
  *) echo "package.sh: packages are made for Debian 12 and 13, this is '$release'" >&2 && exit 2 ;;
esac
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH FIELDWEIR_DEBIAN_RELEASE=1~deb$debian DEB_HOST_ARCH=$architecture FIELDWEIR_SYSROOT=$sysroot
FIELDWEIR_TRIPLE=$(dpkg-architecture -a"$architecture" -qDEB_HOST_MULTIARCH 2>/dev/null)
# package_of LIBRARY: for what is loaded when used, so that nothing links against it
package_of() { grep -l "/$FIELDWEIR_TRIPLE/$1\$" "$sysroot"/var/lib/dpkg/info/*.list | sed 's#.*/##; s/\.list$//; s/:.*//'; }
FIELDWEIR_LIBCURL=$(package_of 'libcurl\.so\.4')
export FIELDWEIR_TRIPLE FIELDWEIR_LIBCURL

# the same folder as the tests': what was tested is what is packed
build=build-$target
"${within[@]}" cmake -S . -B "$build" "${configure[@]}"
"${within[@]}" cmake --build "$build" -j "$(nproc)" --target fieldweir

binary=$build/daemon/fieldweir
toolchains/hardening.sh "$binary"
rm -rf "$build/package" "$build"/*.deb
toolchains/documents.sh "$build/package" "${emulator[@]}" "$binary"
"${within[@]}" ninja -C "$build" -t deps |
  toolchains/sbom.py "$binary" "${sysroot:-/}" > "$build/package/share/doc/fieldweir/fieldweir.cdx.json"

"${within[@]}" cpack --config "$build/CPackConfig.cmake" -B "$build" \
  ${sysroot:+-D SHLIBDEPS_EXECUTABLE="$PWD/toolchains/shlibdeps.sh"}
package=$(ls "$build"/fieldweir_*"_$architecture.deb")
if ! dpkg-deb -f "$package" Depends | grep -q libc6; then
  echo "$package: the libraries that it needs were not found out" >&2
  exit 1
fi
version=$(dpkg-deb -f "$package" Version)
toolchains/uplink-package.sh "$build" "$version" kafka Kafka "$(package_of 'librdkafka\.so\.1')"
toolchains/uplink-package.sh "$build" "$version" kinesis "Amazon Kinesis" "$FIELDWEIR_LIBCURL, ca-certificates"
lintian --fail-on error,warning --tag-display-limit 0 "$build"/*.deb
printf '%s: %s bytes, installed %s KiB\n' "$package" "$(stat -c %s "$package")" "$(dpkg-deb -f "$package" Installed-Size)"
printf 'depends on %s\n' "$(dpkg-deb -f "$package" Depends)"
toolchains/footprint.sh "$release" "$architecture" "$package" "$build"/fieldweir-*.deb
