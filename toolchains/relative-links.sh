#!/usr/bin/env bash
# relative-links.sh SYSROOT: absolute links, which would lead out of the sysroot, become relative ones.
set -euo pipefail
root=$(realpath "$1")
find "$root" -path "$root/dev" -prune -o -type l -lname '/*' -print | while read -r link; do
  ln -snfr "$root$(readlink "$link")" "$link"
done
