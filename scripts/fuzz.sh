#!/usr/bin/env bash
# Runs every fuzz target of the module, each for the given time.
#
#   scripts/fuzz.sh 10s
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
failed=0
targets=$(grep -rlE --include='*_test.go' '^func Fuzz' --exclude-dir=node_modules . | xargs -rn1 dirname | sort -u)
for folder in $targets; do
  for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$folder"/*_test.go | sed 's/^func //' | sort -u); do
    printf '%s %s\n' "$folder" "$target"
    if ! out=$(go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5s "$folder" 2>&1); then
      printf '%s\n' "$out"
      failed=1
    else
      printf '%s\n' "$out" | tail -n 1
    fi
  done
done
exit $failed
