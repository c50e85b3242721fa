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

# Seeds are in test/fuzz/corpus/<target>; what a run finds new stays in the build directory.
run_target() { # program seconds
  local name corpora
  name=$(basename "$1")
  corpora=("$(dirname "$1")/$name.corpus")
  mkdir -p "${corpora[0]}"
  if [[ -d $root/test/fuzz/corpus/${name%_fuzz} ]]; then
    corpora+=("$root/test/fuzz/corpus/${name%_fuzz}")
  fi
  (cd "$(dirname "$1")" &&
    "$1" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      "${corpora[@]}")
}
