#!/usr/bin/env bash
# package.sh [TARGET]: builds the Debian package for TARGET, or for this machine, and says how large it is.
# Two builds of one commit are the same to the byte: times are the commit's, and the paths of the build are left out.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-native}
if [ "$target" = native ]; then
  architecture=$(dpkg --print-architecture) sysroot= within=() configure=(-G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo)
else
  . toolchains/target.sh
fi
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export DEB_HOST_ARCH=$architecture FIELDWEIR_SYSROOT=$sysroot
# libcurl is loaded when used, so nothing links against it
FIELDWEIR_DEPENDS=$(basename "$(grep -l '/libcurl\.so\.4$' "$sysroot"/var/lib/dpkg/info/*.list)" .list)
export FIELDWEIR_DEPENDS=${FIELDWEIR_DEPENDS%:*}

build=build-package-$target
"${within[@]}" cmake -S . -B "$build" "${configure[@]}" -DBUILD_TESTING=OFF
"${within[@]}" cmake --build "$build" -j "$(nproc)"
rm -f "$build"/*.deb
"${within[@]}" cpack --config "$build/CPackConfig.cmake" -B "$build" ${sysroot:+-D SHLIBDEPS_EXECUTABLE="$PWD/toolchains/shlibdeps.sh"}
package=$(ls "$build"/fieldweir_*.deb)
printf '%s: %s bytes, installed %s KiB\n' "$package" "$(stat -c %s "$package")" "$(dpkg-deb -f "$package" Installed-Size)"
printf 'depends on %s\n' "$(dpkg-deb -f "$package" Depends)"
