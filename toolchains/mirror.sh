#!/usr/bin/env bash
# mirror.sh: the Debian mirror that this machine uses; it holds the other releases as well.
set -euo pipefail
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Origin: Debian" "Label: Debian" | head -1)
if [ -z "$mirror" ]; then
  echo "mirror.sh: this machine has no Debian package source; add one to /etc/apt/sources.list" >&2
  exit 1
fi
printf '%s\n' "$mirror"
