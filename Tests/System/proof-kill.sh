#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Daemons are killed at random moments of a copy, while messages flow: 100 rounds, 5 with SLICE=1. Then the file is there
# and equal, no acknowledged message is lost, and none came twice while its receiver lived. SEED=N repeats the choices.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=library.bash
source Tests/System/library.bash
witness=$PWD/Tests/System/witness.py
rounds=${ROUNDS_OF_KILLS:-100}
[[ -z ${SLICE:-} ]] || rounds=5
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
echo "seed $seed"

port=$(free_port)
configure alice "listen: [\"ws://127.0.0.1:$(free_port)/mesh\"]"
configure bob "listen: [\"ws://127.0.0.1:$port/mesh\"]"
sed -i 's/level: info/level: warning/' "$work"/*/mesh.yaml

start alice
start bob
acquaint alice bob
until_true 10 ctl alice ping bob --count 1 --timeout 1s
python3 "$witness" take "$work/bob/client.sock" /proof/1 "$work/taken" &
taker=$!
until_true 10 grep -q life "$work/taken"
python3 "$witness" send "$work/alice/client.sock" bob /proof/1 "$work/sent" &
sender=$!
pids+=("$taker" "$sender")
head -c 100000000 /dev/urandom >"$work/file"
want=$(hash_of "$work/file")

size_of() { stat -c %s "$1" 2>/dev/null || echo 0; }
declare -A killed=([alice]=0 [bob]=0)
resumed=0 interrupted=0 again=0
for ((round = 1; round <= rounds; round++)); do
  name=r$round
  if ((RANDOM % 2)); then victim=alice; else victim=bob; fi
  part=$work/bob/received/.$name.part
  ctl alice cp "$work/file" "bob:$name" >"$work/copy" 2>&1 &
  copier=$!
  pids+=("$copier")
  sleep "0.$(printf '%03d' $((RANDOM % 400)))"
  murder "$victim"
  killed[$victim]=$((killed[$victim] + 1))
  had=$(size_of "$part")
  ((had == 0)) || interrupted=$((interrupted + 1))
  start "$victim"
  code=0
  wait "$copier" || code=$?
  if ((code != 0)); then
    again=$((again + 1))
    until_true 30 ctl alice ping bob --count 1 --timeout 1s
    if [[ ! -e $work/bob/received/$name ]]; then
      ctl alice cp "$work/file" "bob:$name" >"$work/copy" 2>&1 ||
        fail "round $round ($victim killed, seed $seed): cp does not resume: $(cat "$work/copy")"
      # Less than two blocks may not have been on the disk.
      ((had < 2097152)) || grep -q 'resumed at' "$work/copy" ||
        fail "round $round ($victim killed, seed $seed): began anew with $had bytes there: $(cat "$work/copy")"
    fi
  fi
  ! grep -q 'resumed at' "$work/copy" || resumed=$((resumed + 1))
  [[ $(hash_of "$work/bob/received/$name") == "$want" ]] ||
    fail "round $round ($victim killed, seed $seed): the hashes differ"
  rm -f "$work/bob/received/$name"
done
kill -TERM "$sender"
wait "$sender" || fail "the sender of messages ended with $?"
kill -TERM "$taker"
wait "$taker" || true
step "$rounds copies of 100 MB: sender killed ${killed[alice]} times, receiver ${killed[bob]}; $interrupted in the middle," \
  "$again begun again, $resumed resumed"
step "$(python3 "$witness" judge "$work/sent" "$work/taken" || echo FAILED)"
python3 "$witness" judge "$work/sent" "$work/taken" >/dev/null || fail "messages: seed $seed"
left=$(find "$work/bob/received" -name '*.part')
[[ -z $left ]] || fail "left behind: $left"
