#!/bin/bash
# Every promise in docs/reliability.md names a test; this looks whether the tests are there under
# these names. A row of a table ends with: | [file](path): case; case |
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
page=$root/docs/reliability.md

checked=0
while IFS='|' read -r _ promise holds _; do
  [[ $holds =~ \]\(\.\./([^\)]+)\):\ (.*) ]] || continue
  file=${BASH_REMATCH[1]}
  cases=${BASH_REMATCH[2]}
  # A name may be broken over lines in the source, as adjacent strings.
  source=$(tr -d '\n' <"$root/$file" | sed 's/" *"//g')
  while IFS= read -r case; do
    case=$(sed 's/^ *//; s/ *$//' <<<"$case")
    if [[ $source != *"\"$case\""* ]]; then
      echo "$file has no case \"$case\" (promise:$promise)"
      exit 1
    fi
    checked=$((checked + 1))
  done < <(tr ';' '\n' <<<"$cases")
done <"$page"

if ((checked < 10)); then
  echo "only $checked cases were found in $page: its tables changed their form"
  exit 1
fi
