#!/bin/bash
# `meson install` puts everything where the service expects it. $1 is a configured, built directory.
set -euo pipefail

build=${1:?the build directory}
destination=$(mktemp -d)
trap 'rm -rf "$destination"' EXIT

meson install -C "$build" --no-rebuild --quiet --destdir "$destination"

prefix=$(meson introspect "$build" --buildoptions | jq -r '.[] | select(.name == "prefix").value')
sysconf=$(meson introspect "$build" --buildoptions | jq -r '.[] | select(.name == "sysconfdir").value')
[[ $sysconf == /* ]] || sysconf=$prefix/$sysconf

failed=0
expect() { # mode path
  local path=$destination$2
  if [[ ! -f $path ]]; then
    echo "$2 is not installed"
    failed=1
  elif [[ $(stat -c %a "$path") != "$1" ]]; then
    echo "$2 has mode $(stat -c %a "$path"), expected $1"
    failed=1
  fi
}
expect 755 "$prefix/bin/iibd"
expect 644 "$sysconf/iibd/iibd.yaml"
expect 644 "$prefix/share/doc/iibd/examples/apache-iibd.conf"
expect 644 "$prefix/lib/systemd/system/iibd.service"
expect 644 "$prefix/lib/systemd/system/iibd.service.d/tools-engine.conf"
expect 644 "$prefix/lib/sysusers.d/iibd.conf"
if ((failed)); then
  (cd "$destination" && find . -type f)
fi
unit=$destination$prefix/lib/systemd/system/iibd.service
if [[ -f $unit ]] && ! grep -q "^ExecStart=$prefix/bin/iibd serve" "$unit"; then
  echo "the unit does not start $prefix/bin/iibd"
  failed=1
fi
exit "$failed"
