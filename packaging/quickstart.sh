#!/bin/bash
# From a fresh Debian 12 machine to an operator index image in a registry: installs what is missing, builds iibd,
# starts it beside a registry of its own, adds sample bundles for four architectures and shows the result and
# the time of each step.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
arches=(amd64 arm64 ppc64le s390x)
engine=tools
program=''
keep=''
work=''
registry_pid=''
iibd_pid=''

usage() {
  cat <<'TEXT'
Usage: packaging/quickstart.sh [--engine embedded|tools] [--program FILE] [--keep]

Needs Debian 12, and root or sudo for the packages that are missing. Everything else happens in build/
and in a temporary directory that is removed at the end. No service is left running.

  --engine NAME  what makes the images: tools (skopeo and buildah; the default), or embedded (iibd itself, then
                 run as an ordinary user and without any program on its PATH)
  --program FILE this iibd, built already, instead of one that is built in build/
  --keep         leave the registry and iibd running, and say how to talk to them and how to stop them
  --help         this text
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
  # Without root the image storage of the tools holds files of other user ids of ours.
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
  program=$root/build/iibd/iibd
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

# Prints the digest.
put_blob() { # repository, file
  local digest place
  digest=sha256:$(sha256sum "$2" | cut -d ' ' -f 1)
  place=$(curl --silent --show-error --fail --request POST --output /dev/null --dump-header - \
    "http://$registry/v2/$1/blobs/uploads/" | tr -d '\r' | sed -n 's/^location: *//Ip')
  curl --silent --show-error --fail --request PUT --header 'Content-Type: application/octet-stream' \
    --data-binary "@$2" "$place&digest=$digest"
  echo "$digest"
}

put_manifest() { # repository, tag, file
  curl --silent --show-error --fail --request PUT --data-binary "@$3" \
    --header "Content-Type: $(jq -r .mediaType "$3")" "http://$registry/v2/$1/manifests/$2"
}

# An image is a layer, a config and a manifest. Leaves the manifest in $work/image/manifest.json.
push_image() { # repository, tag, architecture, folder, labels as JSON
  local image=$work/image layer config
  rm -rf "$image"
  mkdir "$image"
  tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --directory "$4" \
    --file "$image/layer" .
  jq --null-input --arg arch "$3" --argjson labels "$5" \
    --arg diff "sha256:$(sha256sum "$image/layer" | cut -d ' ' -f 1)" '{
      architecture: $arch, os: "linux", created: "2024-01-01T00:00:00Z", config: {Labels: $labels},
      rootfs: {type: "layers", diff_ids: [$diff]}, history: [{created: "2024-01-01T00:00:00Z"}]
    }' >"$image/config"
  gzip --no-name "$image/layer"
  layer=$(put_blob "$1" "$image/layer.gz")
  config=$(put_blob "$1" "$image/config")
  jq --null-input --arg config "$config" --argjson config_size "$(stat -c %s "$image/config")" \
    --arg layer "$layer" --argjson layer_size "$(stat -c %s "$image/layer.gz")" '{
      schemaVersion: 2, mediaType: "application/vnd.docker.distribution.manifest.v2+json",
      config: {mediaType: "application/vnd.docker.container.image.v1+json", size: $config_size, digest: $config},
      layers: [{mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip", size: $layer_size, digest: $layer}]
    }' >"$image/manifest.json"
  put_manifest "$1" "$2" "$image/manifest.json"
}

push_base_image() {
  local arch
  base=$registry/quickstart/base:1
  say "Pushing a base image for ${arches[*]} as $base"
  mkdir -p "$work/base/etc" "$work/base/tmp"
  printf 'NAME="iibd quick start base"\nID=quickstart\n' >"$work/base/etc/os-release"
  printf 'root:x:0:0:root:/:/sbin/nologin\n' >"$work/base/etc/passwd"
  for arch in "${arches[@]}"; do
    push_image quickstart/base "1-$arch" "$arch" "$work/base" '{"name": "quickstart-base"}'
    jq --arg arch "$arch" --arg size "$(stat -c %s "$work/image/manifest.json")" \
      --arg digest "sha256:$(sha256sum "$work/image/manifest.json" | cut -d ' ' -f 1)" \
      '{mediaType, size: ($size | tonumber), digest: $digest, platform: {os: "linux", architecture: $arch}}' \
      "$work/image/manifest.json"
  done | jq --slurp '{
      schemaVersion: 2, mediaType: "application/vnd.docker.distribution.manifest.list.v2+json", manifests: .
    }' >"$work/base.json"
  put_manifest quickstart/base 1 "$work/base.json"
}

push_bundle() { # package, version
  local folder=$root/test/data/$1/$2 image=$registry/quickstart/$1-bundle:$2 labels
  labels=$(sed -n 's/^  \(operators\.operatorframework\.io\.bundle\.[^:]*\): *\(.*\)/\1\t\2/p' \
    "$folder/metadata/annotations.yaml" | jq --raw-input 'split("\t") | {(.[0]): .[1]}' | jq --slurp add)
  push_image "quickstart/$1-bundle" "$2" amd64 "$folder" "$labels"
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

# As the user nobody, without any program, where we are root and the engine is the embedded one.
run_iibd() {
  local command=("$program" serve --config "$work/iibd.yaml")
  [[ $engine == embedded ]] || exec setsid "${command[@]}"
  ((EUID == 0)) || exec setsid env PATH=/nowhere "${command[@]}"
  install -m 755 "$program" "$work/iibd"
  command[0]=$work/iibd
  chmod 711 "$work"
  chown nobody: "$work/state"
  exec setsid setpriv --reuid nobody --regid nogroup --clear-groups env PATH=/nowhere "${command[@]}"
}

start_iibd() {
  local address
  address=127.0.0.1:$(free_port)
  api=http://$address/api/v1
  say "Starting iibd at $address with the image engine $engine"
  cat >"$work/iibd.yaml" <<YAML
iib_listen: $address
iib_state_dir: $work/state
iib_registry: $registry
iib_image_engine: $engine
iib_insecure_registries: ["$registry"]
login_disabled: true
YAML
  mkdir -p "$work/state"
  run_iibd >"$work/iibd.log" 2>&1 </dev/null &
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

show_steps() {
  say "Its steps, in milliseconds"
  curl --silent --show-error --fail "$api/builds/$request/steps" | jq -r '
    def seconds: (.[:19] + "Z" | fromdate) + (.[19:-1] | if . == "" then 0 else tonumber end);
    .[] | select(.ended) |
    "  \((((.ended | seconds) - (.started | seconds)) * 1000) | round)  \(.name)"'
}

# The database is in one of the layers, the later the stronger.
extract_database() { # repository, digest of the image's manifest, target
  local digest
  while read -r digest; do
    curl --silent --show-error --fail --output "$work/layer" "http://$registry/v2/$1/blobs/$digest"
    if tar -tf "$work/layer" | grep -qx '\(\./\|/\)\?database/index\.db'; then
      tar -xOf "$work/layer" --wildcards '*database/index.db' >"$3"
    fi
  done < <(get_manifest "$1" "$2" | jq -r '.layers[].digest')
  [[ -s $3 ]] || die "$index has no database/index.db in $2"
}

get_manifest() { # repository, tag or digest
  curl --silent --show-error --fail "http://$registry/v2/$1/manifests/$2" \
    --header 'Accept: application/vnd.docker.distribution.manifest.list.v2+json' \
    --header 'Accept: application/vnd.docker.distribution.manifest.v2+json'
}

show_index() {
  local list digests arch digest database=$work/index.db
  local name=${index#"$registry/"}
  local repository=${name%:*} tag=${name##*:}
  say "The index image $index"
  list=$(get_manifest "$repository" "$tag")
  jq -r '.mediaType, (.manifests[] | "  \(.platform.os)/\(.platform.architecture)  \(.digest)")' <<<"$list"
  [[ $(jq -r '[.manifests[].platform.architecture] | sort | join(" ")' <<<"$list") == "${arches[*]}" ]] ||
    die "the manifest list does not have exactly the architectures ${arches[*]}"

  say "Its catalog"
  while read -r arch digest; do
    extract_database "$repository" "$digest" "$work/$arch.db"
  done < <(jq -r '.manifests[] | "\(.platform.architecture) \(.digest)"' <<<"$list")
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
  curl http://$registry/v2/iib-build/tags/list

To stop them and remove what they wrote:
  kill $iibd_pid $registry_pid; rm -rf $work
TEXT
}

main() {
  while (($# > 0)); do
    case $1 in
      --keep) keep=yes ;;
      --engine)
        engine=${2:-}
        [[ $engine == tools || $engine == embedded ]] || die "--engine is tools or embedded"
        shift
        ;;
      --program)
        program=${2:-}
        [[ -f $program && -x $program ]] || die "--program needs the path of a built iibd"
        shift
        ;;
      --help | -h)
        usage
        exit 0
        ;;
      *) die "unknown argument $1; see --help" ;;
    esac
    shift
  done

  say "Looking for what must be installed"
  local sections=(run quickstart)
  [[ -n $program ]] || sections+=(build)
  [[ $engine == embedded ]] || sections+=(tools)
  "$root/packaging/install-packages.sh" "${sections[@]}"
  work=$(mktemp -d "${TMPDIR:-/tmp}/iibd-quickstart.XXXXXX")
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # No one's credentials are needed, and the tools' usual places for them may be closed to this user.
  export REGISTRY_AUTH_FILE=$work/auth.json
  echo '{}' >"$REGISTRY_AUTH_FILE"
  chmod 644 "$REGISTRY_AUTH_FILE"

  [[ -n $program ]] || build_iibd
  start_registry
  push_base_image
  push_bundles
  start_iibd
  submit_add
  follow_request
  show_steps
  show_index

  if [[ -n $keep ]]; then
    trap - EXIT
    say_how_to_go_on
  else
    say "Done. Run with --keep to leave both servers running."
  fi
}

main "$@"
