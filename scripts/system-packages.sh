#!/usr/bin/env bash
# Makes sure of what the tests need beyond Go and Node: PostgreSQL, and Chromium
# with a Chinese font for the browser tests. As root on Debian or Ubuntu it
# installs what is missing; elsewhere it says what to install. With CI=true it
# fails when something is missing; otherwise it does not, and the tests that need
# it are skipped by name.
set -euo pipefail

missing=()
if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null; then missing+=(postgresql); fi
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null \
  && [ ! -d "/Applications/Google Chrome.app" ] && [ ! -x "${CHROMIUM:-}" ]; then missing+=(chromium); fi
# Only Linux may come without a Chinese font; what browsers draw with is what fontconfig lists.
if [ "$(uname)" = Linux ]; then
  if ! command -v fc-list >/dev/null; then missing+=(fontconfig fonts-noto-cjk)
  elif [ -z "$(fc-list :lang=zh family)" ]; then missing+=(fonts-noto-cjk); fi
fi
if [ ${#missing[@]} = 0 ]; then exit 0; fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]} …" >&2
  export DEBIAN_FRONTEND=noninteractive
  if { apt-get install -y --no-install-recommends "${missing[@]}" || { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; }; } >&2; then
    exit 0
  fi
fi

echo "Some tests need more than this machine has: ${missing[*]}." >&2
echo "  Debian, Ubuntu: sudo apt-get install ${missing[*]}" >&2
echo "  Fedora:         sudo dnf install postgresql-server chromium google-noto-sans-cjk-fonts" >&2
echo "  macOS:          brew install postgresql && brew install --cask chromium" >&2
if [ "${CI:-}" = true ]; then exit 1; fi
