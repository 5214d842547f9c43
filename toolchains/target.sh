# target.sh: sourced by cross.sh and package.sh with `target` set. Makes the target's sysroot and sets `within` (what to
# put before a command of the tool chain) and `configure` (what CMake must be told).
known="arm64-bookworm, armhf-bookworm, arm64-trixie, armhf-trixie"
case "$target" in
  arm64-bookworm | armhf-bookworm | arm64-trixie | armhf-trixie) ;;
  *)
    echo "unknown target '$target'; known: $known" >&2
    exit 2
    ;;
esac
architecture=${target%-*} release=${target#*-}
sysroot=$PWD/.cache/sysroots/$target
toolchains/sysroot.sh "$release" "$architecture" "$sysroot"
within=(toolchains/within.sh "$release")
configure=(-G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSYSROOT_DIR="$sysroot"
           -DCMAKE_TOOLCHAIN_FILE="$PWD/toolchains/$architecture.cmake")
