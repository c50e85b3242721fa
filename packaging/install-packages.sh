#!/bin/bash
# Installs the Debian packages of the given sections of debian-packages.txt, as far as they are missing.
#
#   packaging/install-packages.sh build run
#
# Services that come with a package are neither started nor left enabled: the scripts that need one
# start it themselves, on a port of their own. As root, or by sudo. Does nothing, and needs no
# rights, when nothing is missing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
list=$here/debian-packages.txt
policy=/usr/sbin/policy-rc.d

die() {
  echo "install-packages.sh: $*" >&2
  exit 1
}

packages_of() {
  awk -v wanted="$1" '
    /^[[:space:]]*(#|$)/ { next }
    /^\[/ { inside = ($0 == "[" wanted "]"); found = found || inside; next }
    inside { print $1 }
    END { if (!found) exit 1 }
  ' "$list" || die "debian-packages.txt has no section [$1]"
}

is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

installed_packages() {
  dpkg-query -W -f='${db:Status-Status} ${Package}\n' | awk '$1 == "installed" { print $2 }' | sort
}

# A policy that forbids every start lets the packages' own scripts pass over their services.
forbid_starts() {
  if [[ -e $policy || -L $policy ]]; then
    as_root mv "$policy" "$policy.before-iibd"
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
}

allow_starts() {
  as_root rm -f "$policy"
  if [[ -e $policy.before-iibd || -L $policy.before-iibd ]]; then
    as_root mv "$policy.before-iibd" "$policy"
  fi
}

# Enabled units would be started by the next boot.
disable_services_of() {
  local package unit
  command -v systemctl >/dev/null || return 0
  for package in "$@"; do
    dpkg-query -L "$package" 2>/dev/null |
      sed -n 's,^\(/usr\)\?/lib/systemd/system/\([^/@]*\.\(service\|socket\|timer\)\)$,\2,p' |
      while read -r unit; do
        if [[ $(systemctl is-enabled "$unit" 2>/dev/null) == enabled ]]; then
          as_root systemctl --quiet disable "$unit"
          echo "install-packages.sh: $unit of $package is left disabled"
        fi
        if [[ -d /run/systemd/system ]] && systemctl --quiet is-active "$unit"; then
          as_root systemctl stop "$unit"
        fi
      done
  done
}

main() {
  local section package name missing=()
  (($# > 0)) || die "name the sections of debian-packages.txt to install"
  command -v dpkg-query >/dev/null ||
    die "this is not a Debian system; install the packages named in $list by hand"

  for section in "$@"; do
    name=$(packages_of "$section")
    while read -r package; do
      is_installed "$package" || missing+=("$package")
    done <<<"$name"
  done
  ((${#missing[@]} > 0)) || return 0

  if ((EUID == 0)); then
    as_root() { "$@"; }
  elif command -v sudo >/dev/null; then
    as_root() { sudo "$@"; }
  else
    die "missing: ${missing[*]}; run this as root, or install sudo"
  fi

  echo "Installing ${missing[*]}"
  local before
  before=$(installed_packages)
  trap allow_starts EXIT
  forbid_starts
  as_root apt-get update -q || die "apt-get update failed; is the network there?"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    "${missing[@]}" || die "apt-get could not install: ${missing[*]}"
  allow_starts
  trap - EXIT

  local fresh=()
  mapfile -t fresh < <(comm -13 <(echo "$before") <(installed_packages))
  disable_services_of "${fresh[@]}"
}

main "$@"
