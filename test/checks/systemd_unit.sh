#!/bin/bash
# systemd itself accepts the unit file, alone and with what the tools engine needs, and finds it hard
# enough alone. $1 is the built daemon.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
binary=${1:?the path of the built iibd}

command -v systemd-analyze >/dev/null || {
  echo "systemd-analyze is not installed"
  exit 77
}

# verify looks for the program that ExecStart names, so the unit is checked beside the built one.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed "s,/usr/bin/iibd,$(realpath "$binary"),g" "$root/packaging/systemd/iibd.service" \
  >"$work/iibd.service"
verify() {
  local complaints
  complaints=$(systemd-analyze verify --man=no --generators=no "$work/iibd.service" 2>&1) || {
    echo "$complaints"
    exit 1
  }
  # It also speaks of units of the host; only ours count, and a warning about ours is a fault too.
  ! grep -F iibd <<<"$complaints"
}

verify
# Exposure in tenths; more fails. With the drop-in it may be what it is.
systemd-analyze security --offline=true --threshold=15 --no-pager "$work/iibd.service" >"$work/exposure" 2>&1 || {
  grep -v '✓' "$work/exposure"
  exit 1
}
cp -r "$root/packaging/systemd/iibd.service.d" "$work/"
verify
