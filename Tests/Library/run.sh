#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# libmesh.so.1 from C: one suite with the nodes in the process and again attached to two daemons, then its manners as a
# guest. CYCLES=10000 for the long run; a word as argument chooses tests of the suite.
set -uo pipefail
cd "$(dirname "$0")/../.."
make --no-print-directory build/tests/library_suite build/tests/library_manners build/plugins/mesh_unix.so >/dev/null ||
  { echo "0 passed, 1 failed"; exit 1; }
MESH_PLUGINS=$PWD/build/plugins
export MESH_PLUGINS SWIFT_BACKTRACE=enable=no
work=$(mktemp -d /tmp/mesh-library.XXXXXX)
pids=()
finish() {
  # The suite starts a daemon anew and writes its number down: it is not a child of this shell.
  for file in "$work"/daemons/*.pid; do [ -f "$file" ] && kill -KILL "$(cat "$file")" 2>/dev/null; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null; done
  rm -rf "$work"
}
trap finish EXIT
passed=0 failed=0
report() { # log: adds its last line's counts
  cat "$1"
  local p f
  if read -r p f < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$1" | tail -n 1) && [ -n "${f:-}" ]; then
    passed=$((passed + p)) failed=$((failed + f))
  else
    failed=$((failed + 1))
  fi
}
daemon() { # name
  build/bin/meshd --config "$work/daemons/$1.yaml" >>"$work/daemons/$1.log" 2>&1 &
  pids+=($!)
  echo $! >"$work/daemons/$1.pid"
}

chmod 755 "$work"
mkdir "$work/process" "$work/daemons" "$work/manners"
echo "# in the process"
ASAN_OPTIONS=detect_leaks=0 timeout 300 build/tests/library_suite process "$work/process" "${1:-}" >"$work/log" 2>&1
report "$work/log"

echo "# attached to daemons"
build/tests/library_suite configure "$work/daemons"
for name in a b; do daemon $name; done
for _ in $(seq 100); do [ -S "$work/daemons/a.sock" ] && [ -S "$work/daemons/b.sock" ] && break; sleep 0.05; done
ASAN_OPTIONS=detect_leaks=0 timeout 300 build/tests/library_suite daemon "$work/daemons" "${1:-}" >"$work/log" 2>&1
report "$work/log"

if [ -z "${1:-}" ]; then
  echo "# as a guest"
  timeout 600 build/tests/library_manners "$work/manners" "${CYCLES:-300}" >"$work/log" 2>&1
  report "$work/log"
fi
((failed == 0)) || tail -n 20 "$work"/daemons/*.log
echo "$passed passed, $failed failed"
((failed == 0))
