#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Daemons are killed at random moments while messages are being stored and handed on: 200 rounds, 6 with SLICE=1. Every
# message whose sender was told that it is stored arrives, and none comes twice in one life of its receiver. SEED=N
# repeats the choices.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=../library.bash
source Tests/System/library.bash
rounds=${ROUNDS_OF_KILLS:-200}
[[ -z ${SLICE:-} ]] || rounds=6
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
echo "seed $seed"

for name in a b; do
  configure "$name"
  sed -i "/websocket: /d; s/\[websocket, unix\]/[unix, dtn]/; s|^  unix: .*|&\n  dtn: { store: $work/$name/bundles }|
    s/level: info/level: warning/" "$work/$name/mesh.yaml"
done
lives=0
listening() {
  lives=$((lives + 1))
  : >"$work/life.$lives"
  until_true 10 try_listening
}
try_listening() {
  stdbuf -oL "$meshctl" --socket "$work/b/admin.sock" listen /mesh/text/1 >>"$work/life.$lives" 2>/dev/null &
  pids+=($!)
  sleep 0.1
  kill -0 $! 2>/dev/null
}
start a
start b
acquaint a b
until_true 10 ctl a ping b --count 1
listening

mkdir "$work/sent"
killed_a=0 killed_b=0
for ((round = 1; round <= rounds; round++)); do
  if ((RANDOM % 2)); then
    murder b
    killed_b=$((killed_b + 1))
  fi
  senders=()
  for number in 1 2 3 4 5; do
    word=m$round.$number.
    ctl a send b "$word" --lifetime 1d --key "$word$seed" >"$work/sent/$word" 2>&1 &
    senders+=($!)
  done
  sleep "0.$(printf '%03d' $((RANDOM % 500)))"
  if ((RANDOM % 2)); then
    murder a
    killed_a=$((killed_a + 1))
    start a
  fi
  if ! kill -0 "${pid_of[b]}" 2>/dev/null; then
    start b
    listening
  elif ((RANDOM % 3 == 0)); then
    murder b
    killed_b=$((killed_b + 1))
    start b
    listening
  fi
  # Those that a kill did not end wait for the delivery.
  for pid in "${senders[@]}"; do wait "$pid" 2>/dev/null || true; done
done

promised=$(cd "$work/sent" && grep -lE 'stored|delivered' -- * | sort)
arrived() { cat "$work"/life.* | grep -oE 'm[0-9]+\.[1-5]\.' | sort -u; }
missing() { comm -23 <(echo "$promised") <(arrived); }
nothing_missing() { [[ -z $(missing) ]]; }
becomes 60 nothing_missing || fail "seed $seed: promised and not delivered: $(missing | tr '\n' ' ')"
for life in "$work"/life.*; do
  twice=$(grep -oE 'm[0-9]+\.[1-5]\.' "$life" | sort | uniq -d || true)
  [[ -z $twice ]] || fail "seed $seed: came twice: $twice"
done
all=$(cat "$work"/life.* | grep -coE 'm[0-9]+\.[1-5]\.')
step "$(wc -l <<<"$promised") promised messages arrived; sender killed $killed_a times, receiver $killed_b;" \
  "$((all - $(arrived | wc -l))) came again after a kill"
