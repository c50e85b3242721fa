#!/bin/bash
# Installs what the tests need, builds, runs every test and ends with `N passed, N failed, N skipped`.
# test/run.sh --help tells the rest.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
  cat <<'TEXT'
Usage: test/run.sh [OPTION...] [PATTERN]

Builds into build-test/ and runs the test cases whose name contains PATTERN, or all of them.
The last line is `N passed, N failed, N skipped`; the exit status is not 0 when a test failed.

  --sanitize NAMES  address (the default, with undefined behaviour), thread (in build-tsan/) or none
                    (in build-plain/)
  --lint            clang-format, clang-tidy, shellcheck and Doxygen instead of the tests
  --fuzz SECONDS    the fuzz targets instead of the tests, SECONDS for all of them together
  --soak            the soak test at its full size: 300 deaths of the daemon, up to two hours; without
                    this option it has ten
  --tests           the tests too, beside --lint or --fuzz
  --help            this text

Environment: IIBD_SHARED (the real bundles and golden tables that some tests compare with; default
../shared beside the checkout; such tests are skipped without it), IIBD_SOAK_SEED (the seed of the soak
test, as its log shows it), IIBD_LINT_BASE (clang-tidy reads only what changed since that commit),
IIBD_LINT_SECONDS (how long clang-tidy may begin with new files: 300; 0 for no bound).
TEXT
}

die() {
  echo "test/run.sh: $*" >&2
  exit 2
}

passed=0
failed=0
skipped=0

# One case that is not a Catch2 case: exit status 0 is a pass, 77 a skip, anything else a failure.
check() { # name command...
  local name=$1 output status=0
  shift
  output=$("$@" 2>&1 </dev/null) || status=$?
  case $status in
    0) passed=$((passed + 1)) ;;
    77)
      skipped=$((skipped + 1))
      echo "SKIPPED: $name: $output"
      ;;
    *)
      failed=$((failed + 1))
      echo "FAILED: $name"
      tail -n 60 <<<"$output" | sed 's/^/  /'
      ;;
  esac
}

summary() {
  echo "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0))
}

configure() { # build directory, meson options...
  local build=$1
  shift
  if [[ -f $build/build.ninja ]]; then
    meson configure "$build" "$@" >/dev/null
  else
    meson setup "$build" "$root" --wrap-mode=nodownload "$@"
  fi
}

# The programs' own listener appends `passed failed skipped` to the file that IIBD_TEST_COUNTS names.
# A program that ends badly without a failed case (a crash, a sanitizer's report) counts as one.
run_program() { # program, directory for results, pattern
  local name status=0 p f s
  name=$(basename "$1")
  local log=$2/$name.log counts=$2/$name.counts
  rm -f "$counts"
  IIBD_TEST_COUNTS=$counts timeout "${IIBD_TEST_TIMEOUT:-1800}" "$1" ${3:+"$3"} \
    >"$log" 2>&1 </dev/null || status=$?
  read -r p f s < <(awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' \
    "$counts" 2>/dev/null || echo 0 0 0)
  if ((status != 0 && f == 0)); then
    echo "FAILED: $name ended with status $status" >>"$log"
    f=1
  fi
  echo "$p $f $s" >"$counts"
  if ((f > 0)); then
    echo "--- $name: $f failed; its log ($log) ends with"
    tail -n 80 "$log"
  else
    grep -a '^SKIPPED: ' "$log" || true
  fi
}

# Catch2 gives a meaning to these characters; a pattern is plain text here.
catch_pattern() {
  local text=$1 character
  for character in "\\" '[' ']' ',' '"'; do
    text=${text//"$character"/\\"$character"}
  done
  [[ -z $text ]] || printf '*%s*' "$text"
}

add_counts() { # directory of results
  local p f s
  read -r p f s < <(cat "$1"/*.counts 2>/dev/null |
    awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

run_checks() { # build directory, pattern
  local checks=$root/test/checks name
  local -A commands=(
    ['every wrap is pinned by hashes']="$checks/wraps.sh"
    ['every test that docs/reliability.md names exists']="$checks/promises.sh"
    ['systemd accepts the unit file']="$checks/systemd_unit.sh $1/iibd/iibd"
    ['meson install puts everything in place']="$checks/install.sh $1"
    ['the quick start works with the engine embedded']="$checks/quickstart.sh $1/iibd/iibd embedded"
    ['the quick start works with the engine tools']="$checks/quickstart.sh $1/iibd/iibd tools"
  )
  for name in "${!commands[@]}"; do
    [[ -z $2 || ${name,,} == *"${2,,}"* ]] || continue
    # shellcheck disable=SC2086 # a command and its arguments; none of them has a blank
    check "$name" ${commands[$name]}
  done
}

run_tests() { # build directory, pattern, meson options...
  local build=$root/$1 pattern=$2 results
  shift 2
  results=$build/test-results
  check "the build is configured" configure "$build" "$@"
  ((failed == 0)) || return
  if ! ninja -C "$build"; then
    echo "FAILED: the build"
    failed=$((failed + 1))
    return
  fi
  rm -rf "$results"
  mkdir -p "$results"

  local catch
  catch=$(catch_pattern "$pattern")
  export -f run_program
  # What a test program starts has ports, directories and names of its own. The long ones wait for
  # daemons and registries more than they work, so they share the processors well.
  find "$build/test/integration" "$build/test/unit" -type f -name '*_test' -perm -u+x 2>/dev/null |
    sort | xargs -r -P "$(nproc)" -I{} bash -c 'run_program "$@"' run_program {} "$results" "$catch"
  add_counts "$results"
  run_checks "$build" "$pattern"
}

main() {
  local sanitize=address tests='' lint='' fuzz='' pattern=''
  while (($# > 0)); do
    case $1 in
      --help | -h)
        usage
        exit 0
        ;;
      --sanitize)
        sanitize=${2:?--sanitize needs a name}
        shift
        ;;
      --sanitize=*) sanitize=${1#*=} ;;
      --lint) lint=yes ;;
      --fuzz)
        fuzz=${2:?--fuzz needs a number of seconds}
        shift
        ;;
      --soak)
        export IIBD_SOAK=1 IIBD_TEST_TIMEOUT=${IIBD_TEST_TIMEOUT:-7200}
        ;;
      --tests) tests=yes ;;
      -*) die "unknown option $1; see --help" ;;
      *)
        [[ -z $pattern ]] || die "one PATTERN only; quote it if it has blanks"
        pattern=$1
        ;;
    esac
    shift
  done
  [[ -n $lint || -n $fuzz ]] || tests=yes

  local build flags options sections=(build run tools test)
  # Not optimised: GCC 12 compiles code with the undefined-behaviour sanitizer up to 15 times as long at -O1.
  # -g1 has all that a report names.
  options=(-Dbuildtype=debug -Dwerror=true -Dtests=true --prefix=/usr --sysconfdir=/etc)
  flags="'-g1'"
  case $sanitize in
    address)
      build='build-test'
      # Where a pointer is null, the address sanitizer tells, too. Both checks stand before each use of a
      # pointer, and made most of the code and data of a program; the fuzz targets have them.
      flags+=",'-fno-sanitize=null','-fno-sanitize=alignment'"
      # Position independent, each start of a daemon would relocate some millions of the sanitizer's addresses.
      flags+=",'-fno-pie'"
      options+=("-Db_sanitize=address,undefined" -Db_staticpic=false -Dcpp_link_args=-no-pie)
      ;;
    thread) build='build-tsan' options+=(-Db_sanitize=thread) ;;
    none) build='build-plain' options+=(-Db_sanitize=none) ;;
    *) die "--sanitize knows address, thread and none, not $sanitize" ;;
  esac
  options+=("-Dcpp_args=[$flags]")
  [[ -z $lint ]] || sections+=(lint)
  [[ -z $fuzz ]] || sections+=(fuzz)
  "$root/packaging/install-packages.sh" "${sections[@]}" || die "the packages could not be installed"

  # Lets ccache, if there, reuse what another checkout of the same sources compiled, with precompiled headers.
  export CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
  export IIBD_SHARED=${IIBD_SHARED:-$(dirname "$root")/shared}
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1}
  export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
  export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}

  [[ -z $tests ]] || run_tests "$build" "$pattern" "${options[@]}"
  if [[ -n $lint ]]; then
    # shellcheck source=test/lint.sh
    source "$root/test/lint.sh"
    check "the build is configured" configure "$root/$build" "${options[@]}"
    # clang-tidy needs the generated sources, and to know which headers a source includes.
    check "everything builds" ninja -C "$root/$build"
    run_lint "$root/$build"
  fi
  if [[ -n $fuzz ]]; then
    # shellcheck source=test/fuzz.sh
    source "$root/test/fuzz.sh"
    run_fuzz "$fuzz"
  fi
  summary
}

main "$@"
