#!/bin/bash
# The quick start shows an index with the sample bundles, and leaves nothing behind. $1 is the built
# daemon, $2 the image engine.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
binary=${1:?the path of the built iibd}
engine=${2:?the image engine}

needed=(curl docker-registry jq sqlite3)
[[ $engine == embedded ]] || needed+=(buildah skopeo)
for name in "${needed[@]}"; do
  command -v "$name" >/dev/null || {
    echo "$name is not installed"
    exit 77
  }
done
[[ $engine == embedded ]] || ((EUID == 0)) || {
  echo "needs root or subordinate ids for buildah"
  exit 77
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 711 "$work" # the daemon runs as another user
mkdir -m 711 "$work/tmp"
TMPDIR=$work/tmp "$root/packaging/quickstart.sh" --engine "$engine" --program "$binary" >"$work/output" 2>&1 || {
  cat "$work/output"
  exit 1
}

failed=0
expect() { # text
  grep -qF -- "$1" "$work/output" && return
  echo "the quick start does not show: $1"
  failed=1
}
expect "with the image engine $engine"
expect 'application/vnd.docker.distribution.manifest.list.v2+json'
for arch in amd64 arm64 ppc64le s390x; do expect "linux/$arch"; done
for folder in "$root"/test/data/*/*/; do
  version=$(basename "$folder")
  expect "$(basename "$(dirname "$folder")").v$version "
done
expect 'Done.'
left=$(ls -A "$work/tmp")
[[ -z $left ]] || {
  echo "the quick start left behind: $left"
  failed=1
}
! pgrep --list-full --full "$work/tmp" || failed=1
((failed == 0)) || cat "$work/output"
exit "$failed"
