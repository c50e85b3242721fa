#!/bin/bash
# An add of one bundle with the tools' own commands: what the benches compare a request with.
# add_by_hand.sh FOLDER BUNDLE BASE TARGET [INDEX]; prints each step and its milliseconds. ARCHES names the
# architectures. The database is that of INDEX, changed by `opm` if it is on PATH (Debian has none); without
# INDEX a file of the usual size stands for it.
set -euo pipefail

folder=$1 bundle=$2 base=$3 target=$4 index=${5:-}
read -ra arches <<<"${ARCHES:-amd64 arm64 ppc64le s390x}"
mkdir -p "$folder/hand/storage" "$folder/hand/run"
work=$(mktemp -d "$folder/hand/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
export _CONTAINERS_ROOTLESS_UID=1 XDG_DATA_HOME=$folder/hand TMPDIR=$work
name=hand-${target##*:}

our_buildah() {
  buildah --root "$folder/hand/storage" --runroot "$folder/hand/run" --storage-driver "$driver" "$@"
}

now() { echo $((${EPOCHREALTIME/./} / 100)); } # tenths of a millisecond

begin_step() { step=$(now); }

end_step() { # name
  local tenths=$(($(now) - step))
  echo "$1 $((tenths / 10)).$((tenths % 10))"
}

resolve() {
  skopeo inspect --raw --no-tags --tls-verify=false "docker://$bundle" >"$work/bundle.json"
  skopeo inspect --raw --config --no-tags --tls-verify=false "docker://$bundle" >"$work/config.json"
  skopeo inspect --raw --no-tags --tls-verify=false "docker://$base" >"$work/base.json"
}

unpack_bundle() {
  skopeo copy --quiet --remove-signatures --src-tls-verify=false "docker://$bundle" "dir:$work/bundle"
  mkdir "$work/content"
  local layer
  for layer in "$work"/bundle/*; do
    gzip -t "$layer" 2>/dev/null || continue
    tar -xzf "$layer" -C "$work/content"
  done
  [[ -d $work/content/manifests ]]
}

take_database() {
  if [[ -z $index ]]; then
    head -c 150000 /dev/zero >"$work/index.db"
    return
  fi
  skopeo copy --quiet --override-arch amd64 --override-os linux --src-tls-verify=false \
    "docker://$index" "dir:$work/from"
  local layer
  for layer in "$work"/from/*; do
    tar -xzf "$layer" -C "$work" --strip-components 1 database/index.db 2>/dev/null || true
  done
  [[ -s $work/index.db ]]
  if command -v opm >/dev/null; then
    (cd "$work" && opm registry add --use-http --database index.db --bundle-images "$bundle") >&2 2>/dev/null
  fi
}

# As the daemon does: all bases first, then image by image.
build_images() {
  local arch
  for arch in "${arches[@]}"; do
    our_buildah from --name "$name-$arch" --arch "$arch" --os linux --pull=false --quiet \
      --tls-verify=false "docker://${base%:*}@sha256:$(sha256sum "$work/base.json" | cut -d ' ' -f 1)" >/dev/null
  done
  for arch in "${arches[@]}"; do
    our_buildah copy --quiet --chown 0:0 --chmod 0644 "$name-$arch" "$work/index.db" /database/index.db >/dev/null
    our_buildah config --arch "$arch" --os linux --port 50051/tcp --entrypoint '["/bin/opm"]' \
      --cmd 'registry serve --database /database/index.db' \
      --label operators.operatorframework.io.index.database.v1=/database/index.db "$name-$arch"
    our_buildah commit --format oci --timestamp 1704067200 --identity-label=false --quiet --rm \
      "$name-$arch" "localhost/$name-$arch" >/dev/null
    our_buildah push --format v2s2 --quiet --tls-verify=false --digestfile "$work/$arch.digest" \
      "localhost/$name-$arch" "docker://$target-$arch"
  done
  for arch in "${arches[@]}"; do
    our_buildah rmi "localhost/$name-$arch" >/dev/null
  done
}

make_list() {
  local arch
  our_buildah manifest create "localhost/$name" >/dev/null
  for arch in "${arches[@]}"; do
    our_buildah manifest add --os linux --arch "$arch" --tls-verify=false "localhost/$name" \
      "docker://${target%:*}@$(<"$work/$arch.digest")" >/dev/null
  done
  our_buildah manifest push --all --rm --format v2s2 --quiet --tls-verify=false \
    "localhost/$name" "docker://$target" >/dev/null
}

driver=overlay
our_buildah info >/dev/null 2>&1 || driver=vfs

whole=$(now)
begin_step
resolve
end_step resolve
begin_step
unpack_bundle
take_database
build_images
end_step build
begin_step
make_list
end_step list
step=$whole
end_step whole
