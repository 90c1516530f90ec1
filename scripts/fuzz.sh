#!/usr/bin/env bash
# Runs every fuzz target of the module, each for the given time. A package's targets
# share one program, which is built once.
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
programs=$(mktemp -d "${TMPDIR:-/tmp}/kefu-fuzz.XXXXXX")
trap 'rm -rf "$programs"' EXIT
trap 'exit 130' INT TERM
found=$(go env GOCACHE)/fuzz # where go test -fuzz keeps the inputs that it found

# fuzz runs a target from its package's folder, where its seeds are and a failing
# input is written to.
fuzz() {
  (cd "$1" && "$programs/fuzz.test" -test.paniconexit0 -test.timeout=0 -test.run '^$' -test.fuzz "^$2\$" \
    -test.fuzztime "$time" -test.fuzzminimizetime 5s -test.fuzzcachedir "$found/$3" 2>&1)
}

only_out_of_time() {
  grep -q '^ *context deadline exceeded$' <<<"$1" && ! grep -qE 'Failing input|panic:|_test\.go:' <<<"$1"
}

targets=$(grep -rlE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | xargs -rn1 dirname | sort -u)
for folder in $targets; do
  # With -fuzz the program is one that tells the fuzzer what an input reached. Vetting is
  # lint's, and nobody debugs it.
  if ! go test -c -vet=off -fuzz . -ldflags '-s -w' -o "$programs/fuzz.test" "$folder"; then
    failed=1
    continue
  fi
  package=$(go list "$folder")
  for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$folder"/*_test.go | sed 's/^func //' | sort -u); do
    printf '%s %s\n' "$folder" "$target"
    for attempt in 1 2 3; do
      if out=$(fuzz "$folder" "$target" "$package"); then
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
