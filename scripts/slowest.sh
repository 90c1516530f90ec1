#!/usr/bin/env bash
# Tells which packages and which tests took longest, and how long all of them did.
# It reads what `go test -json` wrote.
#
#   scripts/slowest.sh build/ci/*.json
#
# Times are those of the clock: what waits for a disk or for another package counts.
set -euo pipefail

# A line is {"Time":"…","Action":"pass","Package":"…","Test":"…","Elapsed":1.2}, of a
# package without "Test". A test's time holds that of its subtests.
figures() {
  awk -F '"' -v of="$1" '
    ($8 == "pass" || $8 == "fail") && $(NF - 1) == "Elapsed" {
      seconds = $NF; gsub(/[^0-9.]/, "", seconds)
      if (of == "packages" && $14 == "Elapsed") printf "%9.1f s  %s\n", seconds, $12
      if (of == "tests" && $14 == "Test" && $16 !~ /\//) printf "%9.1f s  %s %s\n", seconds, $12, $16
    }' "${@:2}" | sort -rn
}

for of in packages tests; do
  sorted=$(figures "$of" "$@")
  awk -v of="$of" '{ sum += $1 } END { printf "The slowest of %d %s, which took %d s one by one:\n", NR, of, sum }' <<<"$sorted"
  awk 'NR <= 15' <<<"$sorted"
done
