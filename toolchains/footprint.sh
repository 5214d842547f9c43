#!/usr/bin/env bash
# footprint.sh RELEASE ARCHITECTURE PACKAGE [EXTRA...]: how much of the disk apt would take for a package file and what it
# depends on, and for each extra one with it, in the smallest system that can hold it: Debian's essential packages, apt
# and systemd. Apt only reckons, with folders of its own below .cache: nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
release=$1 architecture=$2 package=$(realpath "$3")
shift 3
root=$PWD/.cache/footprint/$release-$architecture
mkdir -p "$root"/{etc,var/lib/apt/lists/partial,var/cache/apt/archives/partial,var/lib/dpkg}
printf 'deb %s %s main\n' "$(toolchains/mirror.sh)" "$release" > "$root/etc/sources.list"
cat > "$root/apt.conf" <<END
Dir "$root";
Dir::State::status "$root/var/lib/dpkg/status";
Dir::Etc { sourcelist "$root/etc/sources.list"; sourceparts "/dev/null"; preferencesparts "/dev/null"; parts "/dev/null"; trustedparts "/etc/apt/trusted.gpg.d"; };
APT { Architecture "$architecture"; Architectures { "$architecture"; }; Install-Recommends "false"; };
Debug::NoLocking "true";
END
export APT_CONFIG=$root/apt.conf LC_ALL=C.UTF-8

: > "$root/var/lib/dpkg/status"
if [ -z "$(apt-get indextargets "Created-By: Packages")" ]; then apt-get update -qq >&2; fi
index=$(apt-get indextargets --format '$(FILENAME)' "Created-By: Packages")
minimal=$(apt-get -s install '?essential' apt systemd | awk '/^Inst/ { print $2 }')
/usr/lib/apt/apt-helper cat-file "$index" |
  awk -v RS= -v names="$minimal" '
    BEGIN { split(names, list, "\n"); for (i in list) wanted["Package: " list[i]] }
    { split($0, lines, "\n") }
    lines[1] in wanted { sub("\n", "\nStatus: install ok installed\n"); print $0 "\n" }' > "$root/var/lib/dpkg/status"

# takes PACKAGE...: without the packages that are only recommended
takes() { apt-get install --assume-no "$@" 2>&1 | sed -n 's/^After this operation, \(.*\) of additional disk.*/\1/p'; }
printf 'with what it depends on %s in a minimal system' "$(takes "$package")"
for extra in "$@"; do
  printf ', with %s %s' "$(dpkg-deb -f "$extra" Package)" "$(takes "$package" "$(realpath "$extra")")"
done
echo
