#!/usr/bin/env bash
# service.sh PACKAGE: installs, runs, upgrades, removes and purges the Debian package in a system with a real systemd
# (namespaces, no emulation, about two minutes, most of it waiting). As root, for this machine's architecture and release.
set -euo pipefail
cd "$(dirname "$0")/../.."
package=$(realpath "$1")
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
base=.cache/systems/service-$release
depends=$({ dpkg-deb -f "$package" Depends; dpkg-deb -f "$package" Recommends; } | tr -d ' ' | tr ',' '\n' | sed 's/[(|].*//' | paste -sd,)
packages=systemd,systemd-sysv,dbus,procps,socat,mosquitto,mosquitto-clients,python3-pymodbus,python3-serial,python3-serial-asyncio,$depends

if [ "$(cat "$base/.made-of" 2>/dev/null)" != "$packages" ]; then
  mirror=$(toolchains/mirror.sh)
  mkdir -p .cache/systems
  rm -rf "$base" "$base.part"
  unshare --mount mmdebstrap --quiet --variant=minbase --include="$packages" "$release" "$base.part" "deb $mirror $release main"
  ln -sf /dev/null "$base.part/etc/systemd/system/mosquitto.service"  # cases start brokers of their own
  echo '127.0.0.1 localhost' > "$base.part/etc/hosts"
  echo "$packages" > "$base.part/.made-of"
  mv "$base.part" "$base"
fi

system=$(mktemp -d)
trap 'rm -rf "$system"' EXIT
cp -a "$base/." "$system"
mkdir -p "$system/proof/later"
cp "$package" "$system/proof/fieldweir.deb"
cp tests/service/{proof,suite}.sh docs/examples/*.yaml "$system/proof/"
mkdir "$system/proof/tests"
cp -r tests/integration tests/support "$system/proof/tests/"
# the same program as another version, to upgrade to
dpkg-deb -R "$package" "$system/proof/later"
sed -i 's/^Version: .*/&+later/' "$system/proof/later/DEBIAN/control"
dpkg-deb --root-owner-group -Znone -b "$system/proof/later" "$system/proof/later.deb" > /dev/null

cat > "$system/etc/systemd/system/proof.service" <<'END'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/proof/proof.sh
ExecStopPost=systemctl poweroff --no-block
StandardOutput=file:/proof/said
StandardError=inherit
END
mkdir -p "$system/etc/systemd/system/graphical.target.wants"
ln -s ../proof.service "$system/etc/systemd/system/graphical.target.wants/"
ln -sf /lib/systemd/system/graphical.target "$system/etc/systemd/system/default.target"

timeout --signal KILL 900 tests/service/boot.sh "$system" || true
cat "$system/proof/said"
grep -qx 'all held' "$system/proof/said"
