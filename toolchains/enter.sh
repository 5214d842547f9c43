#!/usr/bin/env bash
# enter.sh SYSTEM FOLDER USER:GROUP COMMAND...: as root, in a mount namespace of its own, whose mounts go with it:
# runs a command in FOLDER with SYSTEM as the root file system. For within.sh.
set -euo pipefail
system=$1 folder=$2 user=$3
shift 3
mount --bind "$folder" "$system$folder"
mount --bind /proc "$system/proc"
mount --rbind /dev "$system/dev"
exec chroot --userspec="$user" "$system" env -C "$folder" HOME=/tmp LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
