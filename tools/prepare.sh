#!/usr/bin/env bash
# Makes .venv match uv.lock. Safe to run before every task: when nothing changed it returns at once.
# "prepare.sh browser" adds what the browser lane needs, which nothing else has to wait for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

oldest_usable_uv="0.8"

fail() {
  printf 'prepare: %s\n' "$*" >&2
  exit 1
}

is_usable_python() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  local name
  for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if is_usable_python "$name"; then
      "$name" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  fail "Python 3.11 or newer is needed, and none was found as python3 or python3.11 to python3.14." \
    "Install one, or name it: PYTHON=/path/to/python make test"
}

is_usable_uv() {
  local version
  version=$("$1" --version 2>/dev/null | cut -d' ' -f2) || return 1
  [ -n "$version" ] &&
    [ "$(printf '%s\n%s\n' "$oldest_usable_uv" "$version" | sort -V | head -n1)" = "$oldest_usable_uv" ]
}

# Debian ships python3 without ensurepip, so that "venv" cannot give us a pip; and its pip refuses to
# install outside an environment. "pip install --target" works past both.
bootstrap_uv() {
  local python=$1
  rm -rf .bootstrap
  if "$python" -m venv .bootstrap/venv >/dev/null 2>&1 &&
    .bootstrap/venv/bin/python -m pip install --quiet "uv>=$oldest_usable_uv,<1"; then
    return
  fi
  rm -rf .bootstrap/venv
  "$python" -m pip --version >/dev/null 2>&1 ||
    fail "uv cannot be installed: $python has neither venv (ensurepip) nor pip." \
      "Install one of them (on Debian: python3-venv) or put uv on the PATH."
  "$python" -m pip install --quiet --target .bootstrap/target "uv>=$oldest_usable_uv,<1" ||
    fail "pip could not install uv; its message is above."
}

find_uv() {
  local candidate
  for candidate in uv .bootstrap/venv/bin/uv .bootstrap/target/bin/uv; do
    if is_usable_uv "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

fingerprint() {
  {
    pwd
    cat uv.lock pyproject.toml accrue_core/pyproject.toml plugins/*/pyproject.toml tools/prepare.sh
  } | cksum
}

stamp=.venv/.prepared
browser=--no-group
if [ "${1:-}" = browser ]; then
  stamp=.venv/.prepared-browser
  browser=--group
fi
fingerprint=$(fingerprint)
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$fingerprint" ]; then
  exit 0
fi

python=$(find_python)
uv=$(find_uv) || {
  bootstrap_uv "$python"
  uv=$(find_uv) || fail "uv was installed under .bootstrap but does not run."
}

# uv would otherwise fetch an interpreter from elsewhere, distrust a proxy that the system trusts, or
# stop at a home that cannot be written to.
export UV_PYTHON_DOWNLOADS=never
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
  if [ -s "$bundle" ]; then
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
  fi
done
cache=${UV_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/uv}
if ! mkdir -p "$cache" 2>/dev/null || [ ! -w "$cache" ]; then
  export UV_CACHE_DIR=$PWD/.bootstrap/cache
fi

rm -f .venv/.prepared .venv/.prepared-browser
VIRTUAL_ENV='' UV_PROJECT_ENVIRONMENT=.venv "$uv" sync --quiet --frozen --all-packages --all-extras --all-groups "$browser" browser --python "$python" ||
  fail "uv could not install what uv.lock names; its message is above."
printf '%s\n' "$fingerprint" | tee .venv/.prepared >"$stamp"
