# SPDX-License-Identifier: Apache-2.0
# Sourced by the run.sh scripts below: the transport in use fails while a file and a flow of messages are under way, and
# comes back. Nothing may be lost or doubled. Expects `how`, `pattern` of the reason, and functions `strike`, `mend`.
set -euo pipefail
# shellcheck source=../library.bash
source Tests/System/library.bash

behind=$(free_port) front=$(free_port)
configure alice
configure bob "listen: [\"ws://127.0.0.1:$behind/mesh\"], advertise: [\"ws://127.0.0.1:$front/mesh\"]"
start alice
start bob
start_relay "$front" "$behind"
acquaint alice bob
until_true 10 chosen alice bob websocket
step "websocket, the better one, is in use"

head -c 60000000 /dev/urandom >"$work/file"
want=$(hash_of "$work/file")
python3 "$client" serve "$work/bob/client.sock" /demo/1 "$work/got" &
pids+=($!)
server=$!
until_true 5 ctl alice send bob --protocol /demo/1 first
python3 "$client" flow "$work/alice/client.sock" bob /demo/1 >"$work/flow" 2>&1 &
pids+=($!)
flow=$!

tell_relay bandwidth 30000000
part=$work/bob/received/.$how.part
half() { (($(stat -c %s "$part") > 15000000)); }
ctl alice cp "$work/file" "bob:$how" >"$work/copy" 2>&1 &
copier=$!
pids+=("$copier")
until_true 8 half
strike
becomes 6 chosen alice bob unix || fail "unix is not chosen within 6 s"
wait "$copier" || fail "the copy failed: $(cat "$work/copy")"
[[ $(hash_of "$work/bob/received/$how") == "$want" ]] || fail "the hashes differ"
grep -q moved "$work/copy" || fail "the copy never moved: $(cat "$work/copy")"
kill -0 "$flow" 2>/dev/null || fail "the flow ended: $(cat "$work/flow")"
step "$how: the file is whole: $(grep moved "$work/copy" | tr '\n' ' ')"

ctl alice why bob >"$work/why"
# Lines of 'why' are folded.
folded=$(tr -s '\n ' ' ' <"$work/why")
grep -qE -e "unix is chosen [^.]*($pattern)" <<<"$folded" || fail "'why' names no reason: $(cat "$work/why")"
step "$how: 'why' says so: $(grep -oE -e "unix is chosen [^.]*($pattern)[^;.]*" <<<"$folded" | head -1)"

mend
until_true 60 chosen alice bob websocket
sleep 0.5
step "$how: back to websocket"

kill -TERM "$flow"
wait "$flow" || fail "messages were lost: $(tail -5 "$work/flow")"
sleep 0.2
kill -TERM "$server"
wait "$server" || fail "the listener failed"
grep -v first "$work/got" >"$work/numbers"
sort -n "$work/numbers" | uniq -d | grep . && fail "messages came twice"
sent=$(grep -oE '^[0-9]+' "$work/flow")
((sent > 500)) || fail "only $sent messages were sent"
diff -q <(seq 0 $((sent - 1))) "$work/numbers" >/dev/null ||
  fail "lost or out of order: $(diff <(seq 0 $((sent - 1))) "$work/numbers" | head -5)"
step "$how: messages: $(cat "$work/flow"), none lost, none doubled, all in order"
