#!/usr/bin/env bash
# A throw-away PostgreSQL cluster for tests: in a temporary folder, on a random
# port of the loopback interface, with a random password, durable as in service.
#
#   scripts/postgres.sh start         starts it (once) and prints its DSN
#   scripts/postgres.sh dsn           prints the DSN of the running one
#   scripts/postgres.sh stop          stops it and removes its folder
#   scripts/postgres.sh run CMD …     runs CMD with KEFU_TEST_POSTGRES set, on a
#                                     cluster of its own that ends with it
#
# PostgreSQL refuses to run as root, so root starts it as the user postgres or,
# where that is missing, nobody.
set -euo pipefail
cd "$(dirname "$0")/.."
state=${KEFU_POSTGRES_STATE:-.data/test-postgres}

find_binaries() {
  local dir
  for dir in "${PG_BIN:-}" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin; do
    if [ -n "$dir" ] && [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ]; then echo "$dir"; return; fi
  done
  if command -v initdb >/dev/null && command -v pg_ctl >/dev/null; then dirname "$(command -v pg_ctl)"; return; fi
  return 1
}

# as_owner runs a command as the user who owns the cluster.
as_owner() {
  if [ "$(id -u)" != 0 ]; then "$@"; return; fi
  local user=nobody
  if id postgres >/dev/null 2>&1; then user=postgres; fi
  (cd / && setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups env HOME=/nonexistent "$@")
}

running() { [ -s "$state" ] && as_owner "$bin/pg_ctl" -D "$(folder)/db" status >/dev/null 2>&1; }
folder() { sed -n 1p "$state"; }
dsn() { sed -n 2p "$state"; }

start() {
  if running; then dsn; return; fi
  local home password port attempt
  home=$(mktemp -d "${TMPDIR:-/tmp}/kefu-postgres.XXXXXX")
  chmod 711 "$home"
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "$password" >"$home/password"
  if [ "$(id -u)" = 0 ]; then chown -R "$(as_owner id -u)" "$home"; fi
  as_owner "$bin/initdb" -D "$home/db" -U kefu --auth=scram-sha-256 --pwfile="$home/password" \
    -E UTF8 --locale=C >"$home.init" 2>&1 || { cat "$home.init" >&2; rm -rf "$home" "$home.init"; return 1; }
  rm -f "$home.init" "$home/password"
  for attempt in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 20000))
    if as_owner "$bin/pg_ctl" -D "$home/db" -w -t 30 -l "$home/log" -o "-c listen_addresses=127.0.0.1 -p $port \
      -c unix_socket_directories=$home -c max_connections=400 -c fsync=on -c synchronous_commit=on" start >/dev/null 2>&1; then
      mkdir -p "$(dirname "$state")"
      printf '%s\npostgres://kefu:%s@127.0.0.1:%s/postgres?sslmode=disable\n' "$home" "$password" "$port" >"$state"
      chmod 600 "$state"
      dsn
      return
    fi
  done
  cat "$home/log" >&2
  rm -rf "$home"
  return 1
}

stop() {
  if [ ! -s "$state" ]; then return; fi
  local home
  home=$(folder)
  as_owner "$bin/pg_ctl" -D "$home/db" -m immediate -w stop >/dev/null 2>&1 || true
  case "$home" in */kefu-postgres.*) rm -rf "$home" ;; esac
  rm -f "$state"
}

run() {
  if [ -n "${KEFU_TEST_POSTGRES:-}" ]; then exec "$@"; fi
  state=$(mktemp "${TMPDIR:-/tmp}/kefu-postgres-state.XXXXXX")
  trap stop EXIT
  trap 'exit 130' INT TERM
  KEFU_TEST_POSTGRES=$(start)
  export KEFU_TEST_POSTGRES
  "$@"
}

if ! bin=$(find_binaries); then
  if [ "${1:-}" = run ] && [ "${CI:-}" != true ]; then
    echo "PostgreSQL is not installed: the tests on it are skipped (scripts/system-packages.sh says how to get it)." >&2
    shift
    exec "$@"
  fi
  echo "PostgreSQL is not installed. Run scripts/system-packages.sh." >&2
  exit 1
fi
case "${1:-}" in
start) start ;;
dsn) if running; then dsn; else echo "No test cluster runs. Start one with: scripts/postgres.sh start" >&2; exit 1; fi ;;
stop) stop ;;
run) shift; run "$@" ;;
*) sed -n '2,10p' "$0" >&2; exit 2 ;;
esac
