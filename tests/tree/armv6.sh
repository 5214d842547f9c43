#!/bin/sh
# armv6.sh PREINST: the package refuses an ARMv6 processor, which calls itself armhf too, and takes an ARMv7.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf '#!/bin/sh\necho armhf\n' > "$folder/dpkg"
printf '#!/bin/sh\necho $PROCESSOR\n' > "$folder/uname"
chmod +x "$folder/dpkg" "$folder/uname"
PATH=$folder:$PATH
export PATH PROCESSOR
PROCESSOR=armv7l
sh "$1" install
PROCESSOR=armv6l
if told=$(sh "$1" install 2>&1); then
  echo "an ARMv6 was not refused"
  exit 1
fi
echo "$told"
case "$told" in *ARMv6*) ;; *) exit 1 ;; esac
