#!/usr/bin/env bash
# Runs every fuzz target of the module, each for the given time.
#
#   scripts/fuzz.sh 10s
#
# On a loaded machine the fuzzer sometimes reports the end of its own time as
# "context deadline exceeded". Such a run found nothing and is repeated, twice at
# most; a failing input, or any other failure, counts at once.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
failed=0

fuzz() { go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 5s "$1" 2>&1; }

only_out_of_time() {
  grep -q '^ *context deadline exceeded$' <<<"$1" && ! grep -qE 'Failing input|panic:|_test\.go:' <<<"$1"
}

targets=$(grep -rlE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | xargs -rn1 dirname | sort -u)
for folder in $targets; do
  for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$folder"/*_test.go | sed 's/^func //' | sort -u); do
    printf '%s %s\n' "$folder" "$target"
    for attempt in 1 2 3; do
      if out=$(fuzz "$folder" "$target"); then
        printf '%s\n' "$out" | tail -n 1
        break
      fi
      if [ "$attempt" = 3 ] || ! only_out_of_time "$out"; then
        printf '%s\n' "$out"
        failed=1
        break
      fi
    done
  done
done
exit $failed
