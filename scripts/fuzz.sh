#!/usr/bin/env bash
# Runs every fuzz target of the module, each for the given time. A package's targets
# share one program. Two targets run at once: a fuzzer with all its workers keeps
# less than one core busy, and tries as many inputs beside another as alone.
#
#   scripts/fuzz.sh 10s
#
# On a loaded machine the fuzzer sometimes reports the end of its own time as
# "context deadline exceeded". Such a run found nothing and is repeated, twice at
# most; a failing input, or any other failure, counts at once.
set -euo pipefail
cd "$(dirname "$0")/.."
export time=${1:-10s}
failed=0
programs=$(mktemp -d "${TMPDIR:-/tmp}/kefu-fuzz.XXXXXX")
trap 'rm -rf "$programs"' EXIT
trap 'exit 130' INT TERM
found=$(go env GOCACHE)/fuzz # where go test -fuzz keeps the inputs that it found
export programs found

# program is where that of a package lies.
program() { echo "$programs/${1//\//_}.test"; }

# fuzz runs a target from its package's folder, where its seeds are and a failing
# input is written to.
fuzz() {
  (cd "$1" && "$(program "$1")" -test.paniconexit0 -test.timeout=0 -test.run '^$' -test.fuzz "^$2\$" \
    -test.fuzztime "$time" -test.fuzzminimizetime 5s -test.fuzzcachedir "$found/$3" 2>&1)
}

only_out_of_time() {
  grep -q '^ *context deadline exceeded$' <<<"$1" && ! grep -qE 'Failing input|panic:|_test\.go:' <<<"$1"
}

# try runs a target of a package (its folder, the target, its import path), and tells in
# one piece how it ended.
try() {
  local attempt out
  for attempt in 1 2 3; do
    if out=$(fuzz "$@"); then
      printf '%s %s\n%s\n' "$1" "$2" "$(tail -n 1 <<<"$out")"
      return 0
    fi
    if ! only_out_of_time "$out"; then break; fi
  done
  printf '%s %s\n%s\n' "$1" "$2" "$out"
  return 1
}
export -f program fuzz only_out_of_time try

targets=()
folders=$(grep -rlE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | xargs -rn1 dirname | sort -u)
for folder in $folders; do
  # With -fuzz the program is one that tells the fuzzer what an input reached. Vetting is
  # lint's, and nobody debugs it.
  if ! go test -c -vet=off -fuzz . -ldflags '-s -w' -o "$(program "$folder")" "$folder"; then
    failed=1
    continue
  fi
  package=$(go list "$folder")
  for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$folder"/*_test.go | sed 's/^func //' | sort -u); do
    targets+=("$folder $target $package")
  done
done
printf '%s\n' "${targets[@]}" | xargs -P 2 -L 1 bash -c 'try "$@"' try || failed=1
exit $failed
