# shellcheck shell=bash
# shellcheck disable=SC2154 # root and check are test/run.sh's
# Sourced by test/run.sh: formatting, clang-tidy, shellcheck and the documentation of include/iib.

run_lint() { # build directory, configured
  check "every source is formatted (clang-format)" lint_format
  check "the shell scripts are clean (shellcheck)" lint_shell
  check "every public name is documented (Doxygen)" lint_doxygen "$1"
  lint_tidy "$1"
}

# Files of the checkout that git does not ignore, new ones too.
our_files() { # pattern...
  git -C "$root" ls-files --cached --others --exclude-standard -- "$@" | sort -u |
    while read -r file; do
      [[ ! -f $root/$file ]] || echo "$file"
    done
}

lint_format() {
  cd "$root" && our_files '*.cpp' '*.hpp' | xargs -r -P "$(nproc)" -n 20 clang-format --dry-run -Werror
}

lint_shell() {
  local file
  local scripts=()
  cd "$root" || return
  while read -r file; do
    if [[ $file == *.sh ]] || head -c 64 "$file" | head -n 1 | grep -q '^#!.*\(bash\|/sh\)'; then
      scripts+=("$file")
    fi
  done < <(our_files '*.sh' '.ci/*' 'packaging/*' 'test/*')
  shellcheck --external-sources "${scripts[@]}"
}

lint_doxygen() { # build directory
  local warnings=$1/doxygen-warnings.txt
  cd "$root" || return
  (
    cat docs/Doxyfile
    echo "OUTPUT_DIRECTORY = $1/doxygen"
    echo "WARN_LOGFILE = $warnings"
  ) | doxygen - >/dev/null || return
  # Operators, constructors and assignments bear no name of their own; the second line is a
  # complaint of Doxygen 1.9.4 about specialisations of std::hash.
  grep -v -e 'Member operator' -e 'Member ~\?\([A-Za-z0-9_]*\)(.*(function) of class .*::\1\(< .* >\)\? is' \
    -e 'Internal inconsistency: scope for class std::' "$warnings" || return 0
  return 1
}

# Where a change begins: IIBD_LINT_BASE; the branch point from upstream; in a clone that is not ahead
# of it, as CI makes one, the newest commit that is a day old.
change_base() {
  local base
  base=${IIBD_LINT_BASE:-$(git -C "$root" merge-base HEAD '@{upstream}' 2>/dev/null)}
  if [[ -n $base && $(git -C "$root" rev-parse "$base") == $(git -C "$root" rev-parse HEAD) ]]; then
    base=$(git -C "$root" rev-list -1 --before='1 day ago' HEAD)
  fi
  echo "$base"
}

# The sources to read: what changed, with every source that includes a changed header. When that
# tells nothing, all of them.
tidy_candidates() { # build directory
  local base changed
  base=$(change_base)
  changed=$(
    [[ -z $base ]] || git -C "$root" diff --name-only "$base" -- '*.cpp' '*.hpp' .clang-tidy
    git -C "$root" ls-files --others --exclude-standard -- '*.cpp' '*.hpp'
  )
  if [[ -z $changed ]] || grep -q '^\.clang-tidy$' <<<"$changed"; then
    cut -f 1 "$1/lint-sources.tsv"
  else
    while IFS=$'\t' read -r source _; do
      if our_dependencies "$1" "$source" | grep -qxF -f <(echo "$changed"); then
        echo "$source"
      fi
    done <"$1/lint-sources.tsv"
  fi
}

# The source itself and the headers of ours that it includes, as the last build saw it.
our_dependencies() { # build directory, source
  local object
  object=$(awk -F'\t' -v source="$2" '$1 == source { print $2; exit }' "$1/lint-sources.tsv")
  echo "$2"
  ninja -C "$1" -t deps "$object" 2>/dev/null |
    sed -n 's,^    \(\.\./\)*\(\(include\|iibd\|test\)/.*\.[ch]pp\)$,\2,p'
}

# A source that passed is not read again until it, a header of ours that it includes, or the
# configuration changes: its fingerprint is kept in the user's cache.
fingerprint() { # build directory, source
  (
    clang-tidy --version
    cat "$root/.clang-tidy"
    cd "$root" && our_dependencies "$1" "$2" | sort -u | xargs sha256sum
  ) | sha256sum | cut -d ' ' -f 1
}

tidy_one() { # build directory, source, fingerprints of what passed
  local mark output
  mark=$3/$(fingerprint "$1" "$2")
  if [[ -e $mark ]]; then
    return 0
  fi
  # The warnings proper are GCC's business; clang has others.
  if output=$(clang-tidy -p "$1" --quiet --warnings-as-errors='*' \
    --extra-arg=-w "$root/$2" 2>&1); then
    : >"$mark"
  else
    grep -v 'warnings generated\|Suppressed\|Use -header-filter' <<<"$output"
    return 1
  fi
}

lint_tidy() { # build directory
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/iibd-lint source results
  mkdir -p "$cache"
  find "$cache" -type f -mtime +30 -delete
  jq -r --arg root "$root/" '.[] | [.file, .output] | @tsv' "$1/compile_commands.json" |
    while IFS=$'\t' read -r source object; do
      printf '%s\t%s\n' "$(realpath --relative-to="$root" "$(cd "$1" && realpath "$source")")" "$object"
    done | grep '^\(iibd\|include\|test\)/' | sort -u -t $'\t' -k 1,1 >"$1/lint-sources.tsv"

  results=$(mktemp -d)
  export root
  export -f tidy_one fingerprint our_dependencies
  # shellcheck disable=SC2016 # the inner shell expands these
  tidy_candidates "$1" | sort -u |
    xargs -r -P "$(nproc)" -I{} bash -c \
      'tidy_one "$1" "$2" "$3" >"$4/${2//\//%}" 2>&1 || touch "$4/${2//\//%}.failed"' \
      tidy "$1" {} "$cache" "$results"
  while read -r source; do
    check "clang-tidy finds nothing in $source" tidy_result "$results/${source//\//%}"
  done < <(find "$results" -type f ! -name '*.failed' -printf '%f\n' | sort | tr % /)
  rm -rf "$results"
}

tidy_result() {
  cat "$1"
  [[ ! -e $1.failed ]]
}
