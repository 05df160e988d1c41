#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Garbage, slow heads and floods of first messages at the listeners of a running node, and TLS that must not be
# believed. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
hostile() { timeout 60 python3 Tests/System/network/hostile.py "$@"; }
# What the pools and tables of a node under attack may take.
memory_limit=98304

port=$(free_port)
secure=$(free_port)
configure a
configure b "handshake_timeout: 2s, listen: [\"ws://127.0.0.1:$port/mesh\", \"wss://127.0.0.1:$secure/mesh\"]"
sed -i 's/level: info/level: debug/' "$work/b/mesh.yaml"
echo 'session: { handshake_timeout: 1s }' >>"$work/b/mesh.yaml"
start b
start a
acquaint a b
until_true 10 ctl a ping b --count 1

hostile unix "$work/b/link.sock" || fail "garbage at the unix listener"
well a b "garbage in packets at the unix listener"
hostile http "$port" || fail "garbage at the ws listener"
well a b "upgrades that are none, each with its status"
hostile frames "$port" || fail "frames at the ws listener"
well a b "frames that break the rules"
hostile tls "$secure" || fail "garbage at the wss listener"
well a b "no TLS, garbage, and TLS 1.2 at the wss listener"

# Slow heads: fewer than the limit of handshakes leave room for others, and all are cut off.
hostile loris "$port" 100 4 >"$work/slow" &
slow=$!
pids+=("$slow")
until_true 20 grep ready "$work/slow"
configure c
start c
acquaint c b
until_true 10 ctl c ping b --count 1
until_true 10 chosen c b websocket
well a b "100 heads that never end, and a new peer that comes in meanwhile"
wait "$slow" || fail "slow heads"
grep -q '^open 0$' "$work/slow" || fail "slow heads are not cut off: $(<"$work/slow")"
well c b "slow heads are cut off by their time limit"

# First messages: noise, then a true one that is said again and again.
hostile first "$work/b/link.sock" 500 "$(head -c 200 /dev/urandom | od -An -tx1 -v | tr -d ' \n')"
hostile firstws "$port" 300 "$(head -c 200 /dev/urandom | od -An -tx1 -v | tr -d ' \n')"
well a b "a flood of first messages that are noise"
invitation=$(ctl b id --invite)
configure d
hostile record "$work/front.sock" >"$work/recorded" &
recorder=$!
pids+=("$recorder")
until_true 10 test -S "$work/front.sock"
# Only the identity counts: the address is the recorder's.
cat >>"$work/d/mesh.yaml" <<YAML
peers: [{ id: ${invitation%%@*}, name: b, addresses: ["unix://$work/front.sock"] }]
YAML
start d
wait "$recorder" || fail "nothing was recorded"
packet=$(<"$work/recorded")
murder d
((${#packet} > 100)) || fail "no first message was recorded: '$packet'"
hostile first "$work/b/link.sock" 1000 "$packet"
well a b "a true first message a thousand times over the unix listener"
hostile firstws "$port" 300 "$packet"
well c b "the same over the ws listener"
gone() { (($(ctl b metrics | sed -n 's/^mesh_links //p') <= 4)); }
until_true 20 gone
murder c
start c
until_true 20 ctl c ping b --count 1
well c b "after the flood a peer comes in as before"

# TLS.
pin=$(grep -oE 'pin=sha256:[A-Za-z0-9_-]+' "$work/b/log" | tail -1)
[[ -n $pin ]] || fail "the listener does not tell its pin"
with_peer() { # name address
  configure "$1"
  sed -i '/unix: /d; s/\[websocket, unix\]/[websocket]/' "$work/$1/mesh.yaml"
  cat >>"$work/$1/mesh.yaml" <<YAML
peers: [{ id: ${invitation%%@*}, name: b, addresses: ["$2"] }]
YAML
  "$meshctl" keygen "$work/$1/identity" >/dev/null
  sed -i "s|node: {|node: { identity: $work/$1/identity,|" "$work/$1/mesh.yaml"
  ctl b peers add "$("$meshctl" id --identity "$work/$1/identity" --invite --address ws://192.0.2.1:1/mesh)" \
    --alias "$1" >/dev/null
  start "$1"
}
with_peer pinned "wss://127.0.0.1:$secure/mesh#$pin"
until_true 10 ctl pinned ping b --count 1
step "wss with the right pin"
with_peer wrongpin "wss://127.0.0.1:$secure/mesh#pin=sha256:$(printf '0%.0s' {1..64})"
until_true 10 shows "the server's key is not the pinned one" ctl wrongpin why b
refuses '.' ctl wrongpin ping b --count 1 --timeout 300ms
step "wss with a wrong pin is refused with the reason"
with_peer nopin "wss://127.0.0.1:$secure/mesh"
until_true 10 shows "server's certificate is not from a known authority; name its key in the address" ctl nopin why b
refuses '.' ctl nopin ping b --count 1 --timeout 300ms
step "wss with a self-made certificate and no pin is refused with the way out"
early=$(grep -h 'peer_unreachable .*no transport that claims its addresses runs' "$work"/*/log | head -1)
[[ $early == *' info '*'is allowed"' ]] || fail "peers wanted before the transports run: $early"
! grep -h 'retry_in_ms=-' "$work"/*/log || fail "a time that is none"
well a b "all of that"
echo "all good"
