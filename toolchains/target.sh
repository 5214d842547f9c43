# target.sh: sourced by cross.sh and package.sh with `target` set. Makes the target's sysroot, or checks the one that
# FIELDWEIR_SYSROOT names. Sets `within` (what to put before a command of the tool chain), `configure` (what CMake must
# be told) and `emulator` (what to put before a program of the target).
case "$target" in
  arm64-bookworm | arm64-trixie) emulator=qemu-aarch64-static libraries=usr/lib/aarch64-linux-gnu ;;
  armhf-bookworm | armhf-trixie) emulator=qemu-arm-static libraries=usr/lib/arm-linux-gnueabihf ;;
  *)
    echo "unknown target '$target'; known: arm64-bookworm, armhf-bookworm, arm64-trixie, armhf-trixie" >&2
    exit 2
    ;;
esac
architecture=${target%-*} release=${target#*-}

if [ -z "${FIELDWEIR_SYSROOT:-}" ]; then
  sysroot=$PWD/.cache/sysroots/$target
  toolchains/sysroot.sh "$release" "$architecture" "$sysroot"
else
  sysroot=$(realpath "$FIELDWEIR_SYSROOT")
  if [ ! -r "$sysroot/etc/os-release" ]; then
    echo "the sysroot $sysroot has no etc/os-release, so nobody knows its release; toolchains/README.md says what to copy" >&2
    exit 2
  fi
  found=$(. "$sysroot/etc/os-release" && echo "${VERSION_CODENAME:-}")
  if [ "$found" != "$release" ]; then
    echo "the sysroot $sysroot is of release '$found' (its etc/os-release), but the target is $target" >&2
    exit 2
  fi
  if [ ! -d "$sysroot/$libraries" ]; then
    echo "the sysroot $sysroot has no $libraries, which the target $target needs" >&2
    exit 2
  fi
fi

# what was built with another sysroot, or with this one before it was made anew, is built again
made_with="$sysroot $(stat -c %Y "$sysroot/var/lib/dpkg/status")"
if [ "$(cat "build-$target/.made-with" 2>/dev/null || echo "$made_with")" != "$made_with" ]; then rm -rf "build-$target"; fi
mkdir -p "build-$target"
echo "$made_with" > "build-$target/.made-with"

emulator=("$emulator" -L "$sysroot")
within=(toolchains/within.sh "$release")
configure=(-G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSYSROOT_DIR="$sysroot"
           -DCMAKE_TOOLCHAIN_FILE="$PWD/toolchains/$architecture.cmake")
