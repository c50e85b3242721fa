#!/bin/bash
# From a fresh Debian 12 machine to an operator index image in a registry: installs what is missing, builds iibd,
# starts it beside a registry of its own, adds sample bundles for four architectures and shows the result.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
arches=(amd64 arm64 ppc64le s390x)
keep=''
work=''
registry_pid=''
iibd_pid=''

usage() {
  cat <<'TEXT'
Usage: packaging/quickstart.sh [--keep]

Needs Debian 12, and root or sudo for the packages that are missing. Everything else happens in build/
and in a temporary directory that is removed at the end. No service is left running.

  --keep   leave the registry and iibd running, and say how to talk to them and how to stop them
  --help   this text
TEXT
}

say() { printf '\n==> %s\n' "$*"; }

die() {
  echo "quickstart.sh: $*" >&2
  exit 1
}

# Shows the end of a log before giving up.
die_with_log() { # log, message
  echo "--- the last lines of $1:" >&2
  tail -n 30 "$1" >&2 || true
  die "$2"
}

stop() { # pid
  [[ -n $1 ]] || return 0
  kill "$1" 2>/dev/null || return 0
  local tries
  for ((tries = 0; tries < 120; ++tries)); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}

remove_work() {
  [[ -n $work ]] || return 0
  # Without root the image storage holds files of other user ids of ours.
  rm -rf "$work" 2>/dev/null || buildah unshare rm -rf "$work" ||
    echo "quickstart.sh: $work could not be removed" >&2
}

clean_up() {
  stop "$iibd_pid"
  stop "$registry_pid"
  remove_work
}

# Below the range that the kernel gives to outgoing connections.
free_port() {
  local port
  for _ in {1..50}; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  die "no free port found"
}

wait_until_answering() { # url, pid, log, name
  local tries
  for ((tries = 0; tries < 150; ++tries)); do
    if curl --silent --fail --output /dev/null --max-time 2 "$1"; then
      return
    fi
    kill -0 "$2" 2>/dev/null || die_with_log "$3" "$4 ended at once"
    sleep 0.1
  done
  die_with_log "$3" "$4 does not answer at $1"
}

build_iibd() {
  say "Building iibd in $root/build (release)"
  if [[ ! -f $root/build/build.ninja ]]; then
    meson setup "$root/build" "$root" --buildtype=release -Dtests=false --wrap-mode=nodownload \
      >"$work/meson.log" || die_with_log "$work/meson.log" "meson could not set up $root/build"
  fi
  ninja -C "$root/build" iibd/iibd || die "the build failed; its messages are above"
}

start_registry() {
  registry=127.0.0.1:$(free_port)
  say "Starting a registry at $registry"
  cat >"$work/registry.yml" <<YAML
version: 0.1
storage:
  filesystem:
    rootdirectory: $work/registry
http:
  addr: $registry
YAML
  # The registry would take that variable of the client tools for a setting of its own.
  setsid env -u REGISTRY_AUTH_FILE docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 </dev/null &
  registry_pid=$!
  wait_until_answering "http://$registry/v2/" "$registry_pid" "$work/registry.log" docker-registry
}

# An image storage apart from the host's. vfs works on every file system, and without root.
our_buildah() {
  buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"
}

push_base_image() {
  base=$registry/quickstart/base:1
  say "Pushing a base image for ${arches[*]} as $base"
  mkdir -p "$work/base/etc" "$work/base/tmp"
  printf 'NAME="iibd quick start base"\nID=quickstart\n' >"$work/base/etc/os-release"
  printf 'root:x:0:0:root:/:/sbin/nologin\n' >"$work/base/etc/passwd"
  our_buildah manifest create quickstart-base >/dev/null
  local arch container
  for arch in "${arches[@]}"; do
    container=$(our_buildah from --arch "$arch" scratch)
    our_buildah add --quiet "$container" "$work/base" / >/dev/null
    our_buildah config --os linux --arch "$arch" --label name=quickstart-base "$container"
    our_buildah commit --quiet --rm --format docker --manifest quickstart-base "$container" \
      "quickstart-base-$arch" >/dev/null
  done
  our_buildah manifest push --quiet --all --format v2s2 --tls-verify=false quickstart-base \
    "docker://$base" >/dev/null
}

push_bundle() { # package, version
  local folder=$root/test/data/$1/$2 image=$registry/quickstart/$1-bundle:$2 container key value
  container=$(our_buildah from --arch amd64 scratch)
  our_buildah add --quiet "$container" "$folder/manifests" /manifests >/dev/null
  our_buildah add --quiet "$container" "$folder/metadata" /metadata >/dev/null
  while IFS=': ' read -r key value; do
    our_buildah config --label "$key=$value" "$container"
  done < <(sed -n 's/^  \(operators\.operatorframework\.io\.bundle\.\)/\1/p' "$folder/metadata/annotations.yaml")
  our_buildah commit --quiet --rm --format docker "$container" "$1-$2" >/dev/null
  our_buildah push --quiet --tls-verify=false "$1-$2" "docker://$image" >/dev/null
  echo "$image"
  bundles+=("$image")
}

push_bundles() {
  local folder
  bundles=()
  say "Pushing the sample bundles of test/data as images"
  for folder in "$root"/test/data/*/*/; do
    folder=${folder%/}
    push_bundle "$(basename "$(dirname "$folder")")" "$(basename "$folder")"
  done
}

start_iibd() {
  local address
  address=127.0.0.1:$(free_port)
  api=http://$address/api/v1
  say "Starting iibd at $address"
  cat >"$work/iibd.yaml" <<YAML
iib_listen: $address
iib_state_dir: $work/state
iib_registry: $registry
iib_insecure_registries: ["$registry"]
login_disabled: true
YAML
  mkdir -p "$work/state"
  setsid "$root/build/iibd/iibd" serve --config "$work/iibd.yaml" >"$work/iibd.log" 2>&1 </dev/null &
  iibd_pid=$!
  wait_until_answering "$api/healthcheck" "$iibd_pid" "$work/iibd.log" iibd
}

submit_add() {
  local body answer status
  body=$(jq --null-input --arg base "$base" '{
      binary_image: $base,
      add_arches: $arches | split(" "),
      bundles: $ARGS.positional
    }' --arg arches "${arches[*]}" --args "${bundles[@]}")
  say "POST $api/builds/add"
  echo "$body"
  status=$(curl --silent --show-error --output "$work/answer.json" --write-out '%{http_code}' \
    --header 'Content-Type: application/json' --data "$body" "$api/builds/add")
  answer=$(<"$work/answer.json")
  [[ $status == 201 ]] || die_with_log "$work/iibd.log" "the request was answered $status: $answer"
  request=$(jq .id <<<"$answer")
}

follow_request() {
  local document shown=0 state reasons tries
  say "Request $request:"
  for ((tries = 0; tries < 1500; ++tries)); do
    document=$(curl --silent --show-error --fail "$api/builds/$request") ||
      die_with_log "$work/iibd.log" "iibd does not tell the state of request $request"
    mapfile -t reasons < <(jq -r '.state_history | reverse | .[] | "\(.updated)  \(.state): \(.state_reason)"' \
      <<<"$document")
    for (( ; shown < ${#reasons[@]}; ++shown)); do
      echo "  ${reasons[shown]}"
    done
    state=$(jq -r .state <<<"$document")
    case $state in
      complete)
        index=$(jq -r .index_image <<<"$document")
        return
        ;;
      failed)
        curl --silent "$api/builds/$request/logs" | tail -n 40 >&2 || true
        die "the request failed; the end of its log is above"
        ;;
    esac
    sleep 0.2
  done
  die_with_log "$work/iibd.log" "the request did not end within 5 minutes"
}

# The database is in one of the layers, the later the stronger.
extract_database() { # architecture, target
  local image=$work/index-$1 layer digest
  skopeo copy --quiet --src-tls-verify=false --override-os linux --override-arch "$1" \
    "docker://$index" "dir:$image"
  while read -r digest; do
    layer=$image/${digest#sha256:}
    if tar -tf "$layer" | grep -qx '\(\./\|/\)\?database/index\.db'; then
      tar -xOf "$layer" --wildcards '*database/index.db' >"$2"
    fi
  done < <(jq -r '.layers[].digest' "$image/manifest.json")
  [[ -s $2 ]] || die "$index has no database/index.db for $1"
}

show_index() {
  local list digests arch database=$work/index.db
  say "The index image $index"
  list=$(skopeo inspect --raw --tls-verify=false "docker://$index")
  jq -r '.mediaType, (.manifests[] | "  \(.platform.os)/\(.platform.architecture)  \(.digest)")' <<<"$list"
  [[ $(jq -r '[.manifests[].platform.architecture] | sort | join(" ")' <<<"$list") == "${arches[*]}" ]] ||
    die "the manifest list does not have exactly the architectures ${arches[*]}"

  say "Its catalog"
  for arch in "${arches[@]}"; do
    extract_database "$arch" "$work/$arch.db"
  done
  digests=$(cd "$work" && sha256sum "${arches[@]/%/.db}" | cut -d ' ' -f 1 | sort -u)
  [[ $(wc -l <<<"$digests") == 1 ]] || die "the architectures do not share one catalog: $digests"
  echo "All architectures share one database (sha256:$digests):"
  cp "$work/${arches[0]}.db" "$database"
  sqlite3 -readonly -box "$database" \
    "SELECT p.name AS package, p.default_channel AS 'default', c.name AS channel,
            c.head_operatorbundle_name AS head
       FROM package AS p JOIN channel AS c ON c.package_name = p.name
      ORDER BY p.name, c.name" \
    "SELECT e.package_name AS package, e.channel_name AS channel, e.depth, e.operatorbundle_name AS bundle,
            coalesce(r.operatorbundle_name, '') AS replaces
       FROM channel_entry AS e LEFT JOIN channel_entry AS r ON r.entry_id = e.replaces
      ORDER BY e.package_name, e.channel_name, e.depth, e.entry_id"
}

say_how_to_go_on() {
  cat <<TEXT

Both servers are left running:
  iibd      $api   (log: $work/iibd.log, configuration: $work/iibd.yaml)
  registry  http://$registry

  curl $api/builds
  curl $api/builds/$request
  curl $api/builds/$request/logs
  curl --json '{"operators": ["heron-operator"], "from_index": "$index", "binary_image": "$base"}' $api/builds/rm
  skopeo list-tags --tls-verify=false docker://$registry/iib-build

To stop them and remove what they wrote:
  kill $iibd_pid $registry_pid; rm -rf $work
TEXT
}

main() {
  while (($# > 0)); do
    case $1 in
      --keep) keep=yes ;;
      --help | -h)
        usage
        exit 0
        ;;
      *) die "unknown argument $1; see --help" ;;
    esac
    shift
  done

  say "Looking for what must be installed"
  "$root/packaging/install-packages.sh" build run quickstart
  work=$(mktemp -d "${TMPDIR:-/tmp}/iibd-quickstart.XXXXXX")
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # No one's credentials are needed, and the tools' usual places for them may be closed to this user.
  export REGISTRY_AUTH_FILE=$work/auth.json
  echo '{}' >"$REGISTRY_AUTH_FILE"

  build_iibd
  start_registry
  push_base_image
  push_bundles
  start_iibd
  submit_add
  follow_request
  show_index

  if [[ -n $keep ]]; then
    trap - EXIT
    say_how_to_go_on
  else
    say "Done. Run with --keep to leave both servers running."
  fi
}

main "$@"
