#!/usr/bin/env bash
# system.sh PACKAGE FOLDER: makes what machine.py boots: FOLDER/kernel, FOLDER/initrd and FOLDER/disk.img, a small Debian
# for PACKAGE's architecture (arm64) with PACKAGE in /root. As root. No foreign code runs: packages are unpacked, and what
# their scripts would have done is done here. The unpacked system is kept in .cache/systems.
set -euo pipefail
cd "$(dirname "$0")/../.."
package=$(realpath "$1") folder=$(realpath "$2")
release=bookworm
architecture=$(dpkg-deb -f "$package" Architecture)
depends=$({ dpkg-deb -f "$package" Depends; dpkg-deb -f "$package" Recommends; } | tr -d ' ' | tr ',' '\n' | sed 's/[(|].*//' | paste -sd,)
packages=linux-image-$architecture,systemd,systemd-sysv,systemd-timesyncd,udev,dbus,libnss-systemd,kmod,procps,iproute2
packages+=,mosquitto,mosquitto-clients,sqlite3,busybox-static,base-files,base-passwd,bash,dash,coreutils,util-linux,mount
packages+=,login,passwd,grep,sed,findutils,tar,gzip,dpkg,apt,diffutils,hostname,libc-bin,debianutils,mawk,$depends
packages+=,init-system-helpers,perl-base,usr-is-merged
root=.cache/systems/boot-$release-$architecture
made_of="4 $packages"

# the modules that the machine and the proof need, out of 4,000
modules=(virtio/* block/virtio* net/virtio* net/net_failover* char/hw_random/* usb/* watchdog/*)

unpack() {
  local mirror include=()
  mirror=$(toolchains/mirror.sh)
  for module in "${modules[@]}"; do include+=(--dpkgopt="path-include=/lib/modules/*/kernel/drivers/$module"); done
  unshare --mount mmdebstrap --quiet --variant=extract --architectures="$architecture" --include="$packages" \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --extract-hook=toolchains/package-database.sh \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/lib/modules/*/kernel/drivers/*' --dpkgopt='path-exclude=/lib/modules/*/kernel/sound/*' \
    "${include[@]}" "$release" "$root.part" "deb $mirror $release main"
}

# account NAME ID HOME
account() {
  echo "$1:x:$2:$2::$3:/usr/sbin/nologin" >> "$root/etc/passwd"
  echo "$1:x:$2:" >> "$root/etc/group"
  install -d -o "$2" -g "$2" "$root$3"
}

set_up() {
  local root=$root.part
  cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
  cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
  account messagebus 101 /run/messagebus
  account mosquitto 102 /var/lib/mosquitto
  account systemd-timesync 103 /run/systemd/timesync
  account systemd-network 104 /run/systemd/netif
  account _apt 105 /var/lib/apt/lists
  for group in systemd-journal:106 input:107 sgx:108 kvm:109 render:110; do echo "${group%:*}:x:${group#*:}:" >> "$root/etc/group"; done
  install -d -o 102 -g 102 "$root/var/log/mosquitto"
  [ -e "$root/bin/sh" ] || ln -s dash "$root/bin/sh"
  ln -sfn mawk "$root/usr/bin/awk"
  depmod -b "$root" "$(ls "$root/lib/modules")"
  : > "$root/var/lib/dpkg/available"
  : > "$root/etc/machine-id"
  echo gateway > "$root/etc/hostname"
  echo '127.0.0.1 localhost gateway' > "$root/etc/hosts"
  echo '/dev/vda / ext4 defaults 0 0' > "$root/etc/fstab"
  mkdir -p "$root"/{proc,sys,run,dev,root,tmp,etc/systemd/system/{multi-user,sysinit}.target.wants}
  chmod 1777 "$root/tmp"
  ln -sf /lib/systemd/system/mosquitto.service "$root/etc/systemd/system/multi-user.target.wants/"
  ln -sf /lib/systemd/system/systemd-timesyncd.service "$root/etc/systemd/system/sysinit.target.wants/"
  ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
  ln -sf /dev/null "$root/etc/systemd/system/serial-getty@ttyAMA0.service"  # the line is ours
  cp tests/boot/line.service "$root/etc/systemd/system/"
  ln -s ../line.service "$root/etc/systemd/system/multi-user.target.wants/"
  find "$root/var/cache/apt/archives" -name '*.deb' -delete
  rm "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"  # what is installed later keeps its documents
  touch "$root/etc/.updated" "$root/var/.updated"  # else the first start builds databases for minutes
}

# ram_disk FOLDER: what the kernel starts with: the modules to reach the disk, in their order, and init
ram_disk() {
  local version module
  version=$(ls "$root/lib/modules")
  mkdir -p "$1"/{bin,modules,proc,sys,dev,root}
  cp "$root/bin/busybox" "$1/bin/"
  cp tests/boot/init "$1/init"
  for module in virtio_pci virtio_blk virtio_net crc32c_generic ext4 overlay; do
    modprobe -d "$root" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
  done | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$1/modules/"
    basename "$file" >> "$1/modules/order"
  done
  (cd "$1" && find . | cpio --quiet -o -H newc) | gzip -1 > "$folder/initrd"
}

if [ "$(cat "$root/.made-of" 2>/dev/null)" != "$made_of" ]; then
  rm -rf "$root" "$root.part"
  mkdir -p .cache/systems
  unpack
  set_up
  printf '%s\n' "$made_of" > "$root.part/.made-of"
  mv "$root.part" "$root"
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
ram_disk "$scratch"
cp "$root"/boot/vmlinuz-* "$folder/kernel"
rm -f "$folder/disk.img"
mke2fs -q -t ext4 -d "$root" "$folder/disk.img" 450M
debugfs -w -R "write $package /root/fieldweir.deb" "$folder/disk.img" 2> /dev/null
