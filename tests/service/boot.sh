#!/usr/bin/env bash
# boot.sh SYSTEM: boots the systemd of the root file system SYSTEM in namespaces of its own: no network, a cgroup and a
# /dev of its own. As root. Returns when it powers off. Nothing is left outside of SYSTEM.
set -euo pipefail
system=$(realpath "$1")
cgroups=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
cgroup=$cgroups/fieldweir-service-$$
mkdir "$cgroup"
trap 'find "$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null' EXIT

start() {
  mount --make-rprivate /
  mount --bind "$system" "$system"
  mount -t proc proc "$system/proc"
  mount -t sysfs -o ro sysfs "$system/sys"
  for folder in run tmp dev; do mount -t tmpfs tmpfs "$system/$folder"; done
  for device in null zero full random urandom tty; do
    : > "$system/dev/$device"
    mount --bind "/dev/$device" "$system/dev/$device"
  done
  mkdir "$system/dev/pts" "$system/dev/shm"
  mount -t tmpfs tmpfs "$system/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$system/dev/pts"
  ln -s pts/ptmx "$system/dev/ptmx"
  mount -t cgroup2 cgroup2 "$system/sys/fs/cgroup"
  mount --make-rshared "$system"  # systemd hands credentials to services over a mount
  exec env -i container=fieldweir PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    chroot "$system" /lib/systemd/systemd --show-status=false < /dev/null
}
export -f start
export system
(
  echo "$BASHPID" > "$cgroup/cgroup.procs"
  exec unshare --pid --fork --mount --uts --ipc --net --cgroup --kill-child bash -ec start
)
