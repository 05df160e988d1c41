#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# libmesh.so.1 from C: one suite with the nodes in the process and again attached to two daemons, then its manners as a
# guest. CYCLES=10000 for the long run; a word as argument chooses tests of the suite. SUITE and MESHD name other builds
# of the suite and the daemon, GUEST=no leaves the manners out.
set -uo pipefail
cd "$(dirname "$0")/../.."
suite=${SUITE:-build/tests/library_suite}
export MESHD=${MESHD:-build/bin/meshd}
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
  "$MESHD" --config "$work/daemons/$1.yaml" >>"$work/daemons/$1.log" 2>&1 &
  pids+=($!)
  echo $! >"$work/daemons/$1.pid"
}

chmod 755 "$work"
mkdir "$work/process" "$work/daemons" "$work/manners"
echo "# in the process"
timeout 300 "$suite" process "$work/process" "${1:-}" >"$work/log" 2>&1 || failed=$((failed + 1))
report "$work/log"

echo "# attached to daemons"
"$suite" configure "$work/daemons"
for name in a b; do daemon $name; done
for _ in $(seq 1200); do [ -S "$work/daemons/a.sock" ] && [ -S "$work/daemons/b.sock" ] && break; sleep 0.05; done
timeout 300 "$suite" daemon "$work/daemons" "${1:-}" >"$work/log" 2>&1 || failed=$((failed + 1))
report "$work/log"
for name in a b; do
  kill -TERM "$(cat "$work/daemons/$name.pid")"
  # One that the suite has started anew is no child of this shell, and its end is in its log.
  for _ in $(seq 600); do kill -0 "$(cat "$work/daemons/$name.pid")" 2>/dev/null || break; sleep 0.1; done
  if grep -q 'ERROR: \(Address\|Leak\)Sanitizer' "$work/daemons/$name.log"; then failed=$((failed + 1)); fi
done

if [ -z "${1:-}" ] && [ "${GUEST:-yes}" = yes ]; then
  echo "# as a guest"
  timeout 600 build/tests/library_manners "$work/manners" "${CYCLES:-300}" >"$work/log" 2>&1
  report "$work/log"
fi
((failed == 0)) || tail -n 20 "$work"/daemons/*.log
echo "$passed passed, $failed failed"
((failed == 0))
