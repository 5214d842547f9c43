#!/usr/bin/env bash
# hardening.sh PROGRAM: whether a built program has the protections that its compiler flags ask for; for any
# architecture. 1 and what is missing, if something is.
set -euo pipefail
program=$1
headers=$(readelf -hlW "$program") dynamic=$(readelf -dW "$program") symbols=$(readelf --dyn-syms -W "$program")
missing=()

# has WHAT PATTERN TEXT
has() { grep -qE "$2" <<< "$3" || missing+=("$1"); }

has "position independent" 'Type: +DYN' "$headers"
has "position independent, and a program" 'FLAGS_1.*PIE' "$dynamic"
has "relocations read-only" 'GNU_RELRO' "$headers"
has "all of them (bind now)" 'FLAGS_1.*NOW' "$dynamic"
has "stack not executable" 'GNU_STACK .* RW +' "$headers"
has "stack protector" '__stack_chk_fail' "$symbols"
has "fortified C library calls" '__(memcpy|snprintf|vsnprintf|read|memmove|memset)_chk' "$symbols"
if [ ${#missing[@]} != 0 ]; then
  printf "$program: missing: %s\n" "${missing[@]}" >&2
  exit 1
fi
echo "$program: position independent, read-only relocations, no executable stack, stack protector, fortified"
