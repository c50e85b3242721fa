# shellcheck shell=bash
# shellcheck disable=SC2154 # root, failed, skipped and check are test/run.sh's
# Sourced by test/run.sh: builds the fuzz targets with clang and gives them some seconds together.

run_fuzz() { # seconds for all targets together
  local build=$root/build-fuzz seconds target targets=()
  if ! compgen -G "$root/test/fuzz/*.cpp" >/dev/null; then
    skipped=$((skipped + 1))
    echo "SKIPPED: fuzzing: test/fuzz has no target"
    return
  fi
  local before=$failed
  check "the fuzz targets build" build_fuzz "$build"
  ((failed == before)) || return
  mapfile -t targets < <(find "$build/test/fuzz" -type f -name '*_fuzz' -perm -u+x | sort)
  if ((${#targets[@]} == 0)); then
    check "test/fuzz has targets that are built" false
    return
  fi
  seconds=$(($1 / ${#targets[@]}))
  for target in "${targets[@]}"; do
    check "fuzzing $(basename "$target") for $seconds s" run_target "$target" "$seconds"
  done
}

build_fuzz() {
  [[ -f $1/build.ninja ]] ||
    CC=clang CXX=clang++ meson setup "$1" "$root" --wrap-mode=nodownload -Dbuildtype=debug \
      -Doptimization=1 -Dtests=false -Dfuzz=true -Db_lundef=false || return
  local targets
  # Not the whole daemon: only what the fuzz targets link.
  mapfile -t targets < <(cd "$root" && ls test/fuzz/*_fuzz.cpp)
  ninja -C "$1" "${targets[@]%.cpp}"
}

# Seeds for the readers of bundles and manifests: our sample bundles and, where present, the shared ones. Long files are
# left out: a fuzzer gets nowhere with them.
make_seeds() { # directory for bundles, directory for manifests
  local bundle file name
  mkdir -p "$1" "$2"
  while IFS= read -r bundle; do
    bundle=${bundle%/manifests}
    name=${bundle//\//_}
    for file in "$bundle"/manifests/* "$bundle"/metadata/*; do
      [[ -f $file ]] || continue
      printf '=== %s\n' "${file#"$bundle"/}"
      cat "$file"
      [[ $(stat -c %s "$file") -gt 16384 ]] || cp "$file" "$2/${name}_$(basename "$file")"
    done >"$1/$name"
    [[ $(stat -c %s "$1/$name") -le 65536 ]] || rm "$1/$name"
  done < <(find "$root/test/data" "${IIBD_SHARED:-$root/../shared}/corpus" -type d -name manifests 2>/dev/null)
}

# Seeds for what finds pull specifications: the shared golden data of regeneration, where present.
make_pull_spec_seeds() { # directory for manifests, directory for image names
  local golden=${IIBD_SHARED:-$root/../shared}/golden/regenerate file text count=0
  mkdir -p "$1" "$2"
  for file in "$golden"/[er][0-9]*.json; do
    [[ -f $file && $(stat -c %s "$file") -le 65536 ]] || continue
    jq -j '[.input.manifests[]][0]' "$file" >"$1/$(basename "$file" .json)"
  done
  for file in "$golden"/vectors-*.json; do
    [[ -f $file ]] || continue
    while IFS= read -r text; do
      count=$((count + 1))
      jq -j . <<<"$text" >"$2/$count"
    done < <(jq -c '.cases[].text' "$file")
  done
}

# Seeds of ours are in test/fuzz/corpus/<target>; those made of bundles and what a run finds new stay in the build directory.
run_target() { # program seconds
  local name build seeds corpora
  name=$(basename "$1")
  build=$(dirname "$1")
  corpora=("$build/$name.corpus")
  mkdir -p "${corpora[0]}"
  [[ -d $build/seeds/bundle ]] || make_seeds "$build/seeds/bundle" "$build/seeds/manifest"
  [[ -d $build/seeds/csv_scan ]] || make_pull_spec_seeds "$build/seeds/csv_scan" "$build/seeds/image_name"
  for seeds in "$root/test/fuzz/corpus/${name%_fuzz}" "$build/seeds/${name%_fuzz}"; do
    [[ ! -d $seeds ]] || corpora+=("$seeds")
  done
  # The reader of bundles unpacks every input: in memory where there is such a place.
  (
    cd "$build" || exit
    [[ ! -w /dev/shm ]] || export TMPDIR=/dev/shm
    # An input takes milliseconds, and one that takes for ever is found by a minute, too; some seconds
    # may be those of a busy machine.
    "$1" -max_total_time="$2" -timeout=60 -rss_limit_mb=2048 -print_final_stats=1 \
      "${corpora[@]}"
  )
}
