#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Daemons die at work and start again: copies resume, messages wait for their receiver, or expire and say so.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=../library.bash
source Tests/System/library.bash

behind=$(free_port) front=$(free_port)
configure alice
configure bob "listen: [\"ws://127.0.0.1:$behind/mesh\"], advertise: [\"ws://127.0.0.1:$front/mesh\"]"
# WebSocket alone, so that the relay sets the pace.
sed -i 's/\[websocket, unix\]/[websocket]/; /unix: { listen/d' "$work"/*/mesh.yaml
start alice
start bob
start_relay "$front" "$behind"
acquaint alice bob
until_true 10 chosen alice bob websocket
head -c 30000000 /dev/urandom >"$work/file"
want=$(hash_of "$work/file")

part_beyond() { (($(stat -c %s "$work/bob/received/.$1.part") > 10000000)); }
copy_half() { # name: a copy under way, more than a third of it on disk
  tell_relay bandwidth 12000000
  ctl alice cp "$work/file" "bob:$1" >"$work/copy" 2>&1 &
  copier=$!
  pids+=("$copier")
  until_true 8 part_beyond "$1"
}

copy_half received
murder bob
had=$(stat -c %s "$work/bob/received/.received.part")
tell_relay bandwidth 0
start bob
code=0
wait "$copier" || code=$?
if ((code != 0)); then
  step "receiver killed: cp ends with $code and says: $(tr '\n' ' ' <"$work/copy")"
  until_true 15 ctl alice ping bob --count 1 --timeout 1s
  ctl alice cp "$work/file" bob:received >"$work/copy" 2>&1 || fail "cp does not resume: $(cat "$work/copy")"
  grep -q 'resumed at' "$work/copy" || fail "cp began anew with $had bytes there: $(cat "$work/copy")"
fi
[[ $(hash_of "$work/bob/received/received") == "$want" ]] || fail "receiver killed: the hashes differ"
step "receiver killed at $had bytes: $(grep -oE "[0-9.]+ MiB in.*" "$work/copy")"

copy_half sent
murder alice
code=0
wait "$copier" || code=$?
((code == 1)) || fail "cp ended with $code when its daemon died: $(cat "$work/copy")"
had=$(stat -c %s "$work/bob/received/.sent.part")
tell_relay bandwidth 0
start alice
until_true 15 ctl alice ping bob --count 1 --timeout 1s
ctl alice cp "$work/file" bob:sent >"$work/copy" 2>&1 || fail "cp does not resume: $(cat "$work/copy")"
grep -q 'resumed at' "$work/copy" || fail "cp began anew with $had bytes there: $(cat "$work/copy")"
[[ $(hash_of "$work/bob/received/sent") == "$want" ]] || fail "sender killed: the hashes differ"
step "sender killed at $had bytes: $(grep -oE "[0-9.]+ MiB in.*" "$work/copy")"

murder bob
murder relay
code=0
ctl alice send bob --lifetime 1s --protocol /demo/1 late >"$work/late" 2>&1 || code=$?
((code == 1)) || fail "an expired message ends with $code: $(cat "$work/late")"
grep -q expired "$work/late" || fail "no word of expiry: $(cat "$work/late")"
step "a message expires: $(tr '\n' ' ' <"$work/late")"

ctl alice send bob --lifetime 30s --protocol /demo/1 patient >"$work/patient" 2>&1 &
sender=$!
pids+=("$sender")
sleep 0.3
start bob
python3 "$client" serve "$work/bob/client.sock" /demo/1 "$work/got" &
pids+=($!)
sleep 0.5
# Only now can bob be reached: his listener is there before the message.
start_relay "$front" "$behind"
code=0
wait "$sender" || code=$?
if ((code != 0)); then fail "a message to a peer that was down ended with $code: $(cat "$work/patient")"; fi
[[ $(cat "$work/got") == patient ]] || fail "what arrived: $(cat "$work/got")"
step "a message waits for a peer that is down: $(tr '\n' ' ' <"$work/patient")"
