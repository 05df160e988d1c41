#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Peers that keep to no rule cost neither memory nor other peers their turn. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../../.."
source Tests/System/library.bash
source Tests/System/bundles/nodes.bash
peer() { timeout 60 python3 Tests/System/bundles/hostile/peer.py "$@"; }

tcpcl=$(free_port) mtcp=$(free_port) stcp=$(free_port)
node b "node: \"ipn:2.0\", echo: \"ipn:2.7\", connections: 40, neighbours: [\"ipn:1.0\"],
    listen: [\"tcpcl://127.0.0.1:$tcpcl\", \"mtcp://127.0.0.1:$mtcp\", \"stcp://127.0.0.1:$stcp\"]"
node a "node: \"ipn:1.0\", neighbours: [\"ipn:2.0 tcpcl://127.0.0.1:$tcpcl\"]"
start b
start a
"$meshctl" --socket "$work/a/admin.sock" bundle listen 1 >"$work/answers" 2>&1 &
pids+=($!)
peak() { awk '/^VmHWM/ { print $2 }' "/proc/${pid_of[$1]}/status"; } # name: kibibytes
goes_on() { # what: the neighbour is served, and memory has stayed within bounds
  ctl a bundle send ipn:2.7 "after $1" 600
  until_true 20 grep -q "after $1" "$work/answers"
  (($(peak b) < 200 * 1024)) || fail "b had $(peak b) KiB in $1"
  step "$1 (at most $(($(peak b) / 1024)) MiB)"
}
goes_on "nothing"
peer garbage "$tcpcl"
goes_on "garbage"
peer framed "$mtcp"
peer framed "$stcp"
goes_on "frames that are none"
peer endless "$tcpcl" | tee "$work/endless"
# Not the log: it leaves lines out when a plugin writes many.
grep -q " sent, [1-9]" "$work/endless" || fail "nobody had to go who sends without end"
goes_on "bundles that never end"
peer deaf "$tcpcl"
goes_on "a peer that reads nothing"
peer crowd "$tcpcl"
goes_on "a crowd"
# The answer is here before its sender has heard that it is.
until_true 20 is_figure b bundles 0
echo "all good"
