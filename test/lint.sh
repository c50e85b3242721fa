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

# What changed, what was changed last first.
changed_files() {
  local base
  base=$(change_base)
  {
    git -C "$root" ls-files --modified --others --exclude-standard -- '*.cpp' '*.hpp' .clang-tidy
    [[ -z $base ]] || git -C "$root" log --format= --name-only "$base..HEAD" -- '*.cpp' '*.hpp' .clang-tidy
  } | awk '!seen[$0]++'
}

# The sources to read: those that changed, and for each changed header that none of them includes one that
# does. When that tells nothing, all of them.
tidy_candidates() { # build directory
  local changed
  changed=$(changed_files)
  if [[ -z $changed ]] || grep -qx '\.clang-tidy' <<<"$changed"; then
    cut -f 1 "$1/lint-includes.tsv" | sort -u
    return
  fi
  awk -F'\t' '
    FNR == NR { order[++count] = $1; next }
    !($1 in known) { known[$1] = 1; sources[++total] = $1 }
    { includes[$2] = includes[$2] $1 "\n"; headers[$1] = headers[$1] $2 "\n" }
    function take(source,    list, n, i) {
      if (source in taken) return
      taken[source] = 1
      print source
      n = split(headers[source], list, "\n")
      for (i = 1; i < n; i++) covered[list[i]] = 1
    }
    END {
      for (i = 1; i <= count; i++) if (order[i] in known) take(order[i])
      for (i = 1; i <= count; i++) {
        if (!(order[i] in includes) || order[i] in covered) continue
        split(includes[order[i]], list, "\n")
        take(list[1])
      }
    }' <(echo "$changed") "$1/lint-includes.tsv"
}

# Lines `source<TAB>file of ours that it reads`, as the last build saw it; each source reads itself.
write_includes() { # build directory
  jq -r --arg root "$root/" '.[] | [.file, .output] | @tsv' "$1/compile_commands.json" |
    while IFS=$'\t' read -r source object; do
      printf '%s\t%s\n' "$(realpath --relative-to="$root" "$(cd "$1" && realpath "$source")")" "$object"
    done | grep -E $'^(iibd|include|test)/.*\\.cpp\t' | sort -u -t $'\t' -k 1,1 >"$1/lint-sources.tsv"
  ninja -C "$1" -t deps | awk -F'\t' '
    FNR == NR { source[$2] = $1; print $1 "\t" $1; next }
    /^[^ ].*: #deps/ { object = $0; sub(/: #deps.*/, "", object); next }
    /^    (\.\.\/)+(include|iibd|test)\/.*\.[ch]pp$/ && object in source {
      file = $0
      gsub(/^    (\.\.\/)+/, "", file)
      if (file != source[object]) print source[object] "\t" file
    }' "$1/lint-sources.tsv" - >"$1/lint-includes.tsv"
}

# The build compiles with precompiled headers, which are of no use to clang. Without them it also tells
# which source names not all that it uses.
write_database() { # build directory
  mkdir -p "$1/lint"
  jq '[.[] | .command |= gsub("-fpch-preprocess -include [^ ]+ "; "")]' "$1/compile_commands.json" \
    >"$1/lint/compile_commands.json"
}

# A source that passed is not read again until it, a header of ours that it includes, or the
# configuration changes: its fingerprint is kept in the user's cache.
fingerprint() { # build directory, source
  (
    clang-tidy --version
    cat "$root/.clang-tidy"
    cd "$root" && awk -F'\t' -v source="$2" '$1 == source { print $2 }' "$1/lint-includes.tsv" |
      sort -u | xargs sha256sum
  ) | sha256sum | cut -d ' ' -f 1
}

tidy_one() { # build directory, source, fingerprints of what passed, where to write the result, deadline
  local mark output result=$4/${2//\//%}
  mark=$3/$(fingerprint "$1" "$2")
  if [[ -e $mark ]]; then
    : >"$result"
  elif (($5 > 0 && $(date +%s) >= $5)); then
    : >"$result.unread"
  # The warnings proper are GCC's business; clang has others.
  elif output=$(clang-tidy -p "$1/lint" --quiet --warnings-as-errors='*' \
    --extra-arg=-w "$root/$2" 2>&1); then
    : >"$mark"
    : >"$result"
  else
    grep -v 'warnings generated\|Suppressed\|Use -header-filter' <<<"$output" >"$result"
    : >"$result.failed"
  fi
}

# A large change has more sources than a run has time for: IIBD_LINT_SECONDS (300, 0 for no bound) is how
# long new ones are begun. What was not read then is told and counted as skipped.
lint_tidy() { # build directory
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/iibd-lint seconds=${IIBD_LINT_SECONDS:-300} source name results
  local deadline=$((seconds > 0 ? $(date +%s) + seconds : 0))
  mkdir -p "$cache"
  find "$cache" -type f -mtime +30 -delete
  write_includes "$1"
  write_database "$1"

  results=$(mktemp -d)
  export root
  export -f tidy_one fingerprint
  # shellcheck disable=SC2016 # the inner shell expands these
  tidy_candidates "$1" |
    xargs -r -P "$(nproc)" -I{} bash -c 'tidy_one "$@"' tidy "$1" {} "$cache" "$results" "$deadline"
  while read -r source; do
    name=${source%.unread}
    check "clang-tidy finds nothing in ${name//%//}" tidy_result "$results" "$source"
  done < <(find "$results" -type f ! -name '*.failed' -printf '%f\n' | sort)
  rm -rf "$results"
}

tidy_result() { # directory of results, file in it
  if [[ $2 == *.unread ]]; then
    echo "the time for clang-tidy was over (IIBD_LINT_SECONDS)"
    return 77
  fi
  cat "$1/$2"
  [[ ! -e $1/$2.failed ]]
}
