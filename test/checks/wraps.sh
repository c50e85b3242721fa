#!/bin/bash
# Every wrap is a copy of the public wrap database: pinned by hashes, fetched from nowhere by name alone.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

value_of() { sed -n "s/^$2[[:space:]]*=[[:space:]]*//p" "$1"; }

is_sha256() { [[ $1 =~ ^[0-9a-f]{64}$ ]]; }

# Prints what is wrong with the wrap file $1; nothing when it is as it must be.
faults_of() {
  local wrap=$1
  [[ $(head -n 1 "$wrap") == '[wrap-file]' ]] ||
    echo "begins with '$(head -n 1 "$wrap")', not with [wrap-file]: only archives are pinned by a hash"
  [[ -n $(value_of "$wrap" source_url) ]] || echo "has no source_url"
  is_sha256 "$(value_of "$wrap" source_hash)" || echo "has no SHA-256 in source_hash"
  if [[ -n $(value_of "$wrap" patch_url) ]]; then
    is_sha256 "$(value_of "$wrap" patch_hash)" || echo "has a patch_url without a SHA-256 in patch_hash"
  fi
  if grep -q '^\(patch_directory\|diff_files\)' "$wrap"; then
    echo "refers to local patches; take the released wrap, which has patch_url and patch_hash"
  fi
  grep -q '^\[provide\]' "$wrap" || echo "says not what it provides"
}

# The check itself must be able to fail.
proof=$(mktemp)
trap 'rm -f "$proof"' EXIT
printf '[wrap-file]\nsource_url = x\npatch_url = y\n[provide]\nx = x_dep\n' >"$proof"
[[ $(faults_of "$proof" | wc -l) == 2 ]] || {
  echo "a wrap without hashes was not refused"
  exit 1
}

failed=0
for wrap in "$root"/subprojects/*.wrap; do
  while read -r fault; do
    echo "${wrap#"$root"/} $fault"
    failed=1
  done < <(faults_of "$wrap")
done
exit "$failed"
