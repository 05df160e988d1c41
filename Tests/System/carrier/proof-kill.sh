#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Daemons are killed at random moments while messages are being stored, handed on and released, several a second: 1,000
# kills, 12 with SLICE=1. Two applications stay attached to them throughout. Every message that was accepted is settled:
# those told delivered have arrived, those refused, because the receiver had not come back to its daemon yet, have not, and
# none comes twice in one life of the receiver's daemon unless the sender's was killed in between and its application has
# sent it again. SEED=N repeats the choices.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=../library.bash
source Tests/System/library.bash
kills=${ROUNDS_OF_KILLS:-1000}
[[ -z ${SLICE:-} ]] || kills=12
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
echo "seed $seed"
export LIBMESH_PATH=$PWD/build/lib/libmesh.so.1 PYTHONPATH=$PWD/CInterop/python

for name in a b; do
  configure "$name"
  sed -i "/websocket: /d; s/\[websocket, unix\]/[unix, dtn]/; s|^  unix: .*|&\n  dtn: { store: $work/$name/bundles }|
    s/level: info/level: warning/" "$work/$name/mesh.yaml"
done
start a
start b
acquaint a b
until_true 10 ctl a ping b --count 1
begin() { # name
  # A node that dies three times in a row while its plugins start takes them for the cause.
  rm -f "$work/$1/state/plugins/"*.starting
  "$meshd" --config "$work/$1/mesh.yaml" >>"$work/$1/log" 2>&1 &
  pids+=($!)
  pid_of[$1]=$!
}
python3 Tests/System/carrier/kills.py receive "$work/b/client.sock" /mesh/text/1 "$work/stop-b" >"$work/heard" 2>&1 &
receiver=$!
sleep 0.5
python3 Tests/System/carrier/kills.py send "$work/a/client.sock" b /mesh/text/1 "$work/stop-a" >"$work/told" 2>&1 &
sender=$!
pids+=("$receiver" "$sender")
until_true 10 test -s "$work/told"

touch "$work/kills-a"
killed_a=0 killed_b=0 began=$SECONDS
for ((count = 1; count <= kills; count++)); do
  # A third of the time something else dies before the other is back.
  if ((RANDOM % 2)); then victim=a killed_a=$((killed_a + 1)); else victim=b killed_b=$((killed_b + 1)); fi
  murder "$victim"
  [[ $victim == b ]] || cut -d' ' -f1 /proc/uptime >>"$work/kills-a"
  ((RANDOM % 3)) || sleep "0.$(printf '%03d' $((RANDOM % 300)))"
  begin "$victim"
  sleep "0.$(printf '%03d' $((RANDOM % 500)))"
  ((count % 100)) || echo "$count kills, $(grep -c '^sent' "$work/told") sent, $(grep -c '^settled' "$work/told") settled"
done
took=$((SECONDS - began))
touch "$work/stop-a"
ended() { ! kill -0 "$sender" 2>/dev/null; }
becomes 180 ended || fail "seed $seed: never settled: $(comm -23 <(awk '$1 == "sent" { print $2 }' "$work/told" | sort) \
  <(awk '$1 == "settled" { print $2 }' "$work/told" | sort) | tr '\n' ' ')"
wait "$sender" || fail "seed $seed: the sender failed: $(tail -5 "$work/told")"
touch "$work/stop-b"
wait "$receiver" || fail "seed $seed: the receiver failed: $(tail -5 "$work/heard")"

sent=$(awk '$1 == "sent" { print $2 }' "$work/told" | sort)
delivered=$(awk '$1 == "settled" && $3 == 0 { print $2 }' "$work/told" | sort)
# -19: nobody serves the protocol.
refused=$(awk '$1 == "settled" && $3 == -19 { print $2 }' "$work/told" | sort)
stored=$(awk '$1 == "stored" { print $2 }' "$work/told" | sort -u)
other=$(awk '$1 == "settled" && $3 != 0 && $3 != -19' "$work/told")
arrived() { awk '{ print $2 }' "$work/heard" | sort -u; }
missing=$(comm -23 <(echo "$delivered") <(arrived))
false=$(comm -12 <(echo "$refused") <(arrived))
twice=$(awk 'FILENAME ~ /kills-a$/ { kills[++count] = $1; next }
  { key = $1 " " $2 }
  key in first { excused = 0
    for (i = 1; i <= count; i++) if (kills[i] > first[key] - 0.1 && kills[i] < $4) excused = 1
    if (!excused) print key; else again++ }
  { first[key] = $3 }' "$work/kills-a" "$work/heard")
[[ -z $other ]] || fail "seed $seed: another fate: $other"
[[ -z $missing ]] || fail "seed $seed: settled and not delivered: $(tr '\n' ' ' <<<"$missing")"
[[ -z $false ]] || fail "seed $seed: refused and delivered: $(tr '\n' ' ' <<<"$false")"
[[ -z $twice ]] || fail "seed $seed: twice in one life: $(tr '\n' ' ' <<<"$twice")"
step "$(wc -l <<<"$sent") messages, $(wc -l <<<"$stored") of them told stored, $(wc -w <<<"$refused") refused; sender killed $killed_a" \
  "times, receiver $killed_b, in $took s; $(($(wc -l <"$work/heard") - $(arrived | wc -l))) came again after a kill"
