#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Messages to nodes that are off: they wait in a bundle store, over restarts and days. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
cc -shared -fPIC -O1 -o "$work/clock.so" Tests/System/machine/clock.c
head -c 16 /dev/zero >"$work/clock"
days_later() { # days
  python3 -c 'import struct, sys; open(sys.argv[1], "r+b").write(struct.pack("=qq", int(sys.argv[2]) * 86400, 0))' \
    "$work/clock" "$1"
}
started() { TEST_CLOCK=$work/clock LD_PRELOAD=$work/clock.so start "$1"; }
stopped() { # name
  ctl "$1" shutdown >/dev/null
  wait "${pid_of[$1]}" || fail "$1 did not end well"
}
carrying() { # name [keys of the carrier]
  configure "$1"
  sed -i "/websocket: /d; s/\[websocket, unix\]/[unix, dtn]/; s|^  unix: .*|&\n  dtn: { ${2:-store: $work/$1/bundles} }|" \
    "$work/$1/mesh.yaml"
}
listening() { hearing "$1" "$work/$1/heard"; } # name: what arrives, a line each
heard() { grep -c -- "$2" "$work/$1/heard" 2>/dev/null || true; } # name text
has_heard() { [[ $(heard "$1" "$2") == "$3" ]]; }               # name text times
post() { # from to text key: runs on until the fate is known
  ctl "$1" send "$2" "$3" --lifetime 30d --key "$4" >"$work/$4.out" 2>"$work/$4.err" &
  pids+=($!)
  pid_of[$4]=$!
}
bundles_of() { ctl "$1" bundle stats | awk '$1 == "bundles" { print $2 }'; } # name
figure() { ctl "$1" metrics | awk -v name="$2" '$1 ~ name { print int($2) }' | tail -1; } # name pattern

for name in a b; do carrying "$name"; done
started a
started b
acquaint a b
until_true 10 ctl a ping b --count 1
stopped b

post a b "written while you were off" one
until_true 15 grep -q stored "$work/one.err"
! grep -q delivered "$work/one.out" || fail "delivered to a node that is off"
step "the message is stored, and nothing more is said"
stopped a
days_later 3
started b
listening b
sleep 1
has_heard b "written while" 0 || fail "it arrived from nowhere"
started a
until_true 20 has_heard b "written while" 1
step "three days later, after restarts of both, it arrives"
ctl a send b "written while you were off" --lifetime 30d --key one >"$work/again.out" 2>&1 ||
  fail "the sender does not learn of it: $(cat "$work/again.out")"
grep -q delivered "$work/again.out" || fail "no delivery in: $(cat "$work/again.out")"
sleep 0.5
has_heard b "written while" 1 || fail "it arrived twice"
step "the sender learns of it, and a repetition does not arrive"

murder b
post a b "the sender stays" two
until_true 15 grep -q stored "$work/two.err"
days_later 5
started b
listening b
until_true 20 has_heard b "the sender stays" 1
until_true 20 grep -q delivered "$work/two.out"
step "a sender that stays hears of the delivery"

# What was on its way to a node that dies goes over to the carrier, though it had left already.
until_true 10 ctl a ping b --count 1
kill -STOP "${pid_of[b]}"
post a b "on a dying link" dying
until_true 10 grep -q sent "$work/dying.err"
murder b
until_true 20 grep -q stored "$work/dying.err"
stopped a
started b
listening b
started a
until_true 20 has_heard b "on a dying link" 1
ctl a send b "on a dying link" --lifetime 30d --key dying >"$work/dying.again" 2>&1 ||
  fail "the sender does not learn of it: $(cat "$work/dying.again")"
has_heard b "on a dying link" 1 || fail "it arrived twice"
step "a message whose bytes a dying link had taken is stored, and arrives once"

# The ferry: a and c are never there at the same time, b meets the one and then the other.
carrying c
started c
acquaint a c
acquaint c b
stopped c
post a c "over the ferry" three
until_true 15 grep -q sent "$work/three.err"
name_of_a=$(ctl a id --json | grep -o 'mesh1[a-z0-9]*' | sed -n 1p)
stopped a
started c
listening c
until_true 20 has_heard c "over the ferry" 1
step "a third node carries it over"
until_true 20 shows "-> dtn://$name_of_a/" ctl b bundle list
stopped c
started a
until_true 20 ctl a ping b --count 1
sleep 0.5
ctl a send c "over the ferry" --lifetime 30d --key three >"$work/ferry.out" 2>&1 ||
  fail "the sender does not learn of it: $(cat "$work/ferry.out")"
grep -q delivered "$work/ferry.out" || fail "no delivery in: $(cat "$work/ferry.out")"
step "and the receipt back"
until_true 10 shows '^0$' bundles_of b

# The store, for people.
ctl b bundle send ipn:7.1 "read all about it" 3600
shows 'own|custody' ctl b bundle list
number=$(ctl b bundle list | awk 'NR == 1 { print $1 }')
shows 'block 1: type 1' ctl b bundle show "$number"
shows '"blocks":' ctl b bundle show "$number" --json
ctl b bundle cancel "$number"
refuses 'no bundle' ctl b bundle show "$number"
until_true 5 shows '^0$' bundles_of b
me=$(ctl b id --json | grep -o 'mesh1[a-z0-9]*' | sed -n 1p)
ctl b bundle send "dtn://$me/news" "a note to myself"
"$meshctl" --socket "$work/b/admin.sock" bundle listen news >"$work/news" 2>&1 &
pids+=($!)
until_true 10 grep -q "a note to myself" "$work/news"
until_true 5 shows '^0$' bundles_of b
step "meshctl bundle send, list, show, cancel, listen and stats"

# An application that stays attached while its daemon is killed and the other node is off.
until_true 10 ctl a ping b --count 1
stopped b
LIBMESH_PATH=$PWD/build/lib/libmesh.so.1 PYTHONPATH=$PWD/CInterop/python python3 Tests/System/carrier/attached.py \
  "$work/a/client.sock" b /mesh/text/1 "from an application" >"$work/attached" 2>&1 &
attached=$!
pids+=("$attached")
until_true 10 grep -q accepted "$work/attached"
until_true 15 grep -q stored "$work/attached"
shows 'expedited|normal|bulk' ctl a bundle list
! grep -q settled "$work/attached" || fail "settled too soon: $(cat "$work/attached")"
murder a
started b
listening b
started a
until_true 30 grep -q 'settled' "$work/attached"
grep -qE 'settled (0|ErrorCode.OK)' "$work/attached" || fail "another fate: $(cat "$work/attached")"
sleep 0.5
has_heard b "from an application" 1 || fail "heard $(heard b "from an application") times"
step "an application hears of its delivery over the death of its daemon"

# A disk that is full pushes back, and goes on when there is room: no restart, nothing dropped.
mkdir -p "$work/small"
if mount -t tmpfs -o size=3m tmpfs "$work/small" 2>/dev/null; then
  carrying d "store: $work/small/bundles"
  started d
  acquaint d b
  stopped b
  head -c 750000 /dev/urandom | base64 -w0 >"$work/large"
  for number in 1 2 3 4 5; do
    ctl d send b --lifetime 1d --key "large $number" <"$work/large" >"$work/large.$number.out" 2>"$work/large.$number.err" &
    pids+=($!)
  done
  stored() { grep -l stored "$work"/large.*.err 2>/dev/null | wc -l; }
  enough() { (($(stored) >= $1)); }
  until_true 60 enough 1
  sleep 2
  (($(stored) < 5)) || fail "five megabytes on a disk of three"
  shows running ctl d status
  before=$(stored)
  mount -o remount,size=40m "$work/small"
  until_true 60 enough 5
  step "a full disk took $before of 5, and the others when there was room"
  murder d
  umount "$work/small" || true
else
  echo "skipped: no mounts here"
fi

bash Tests/System/carrier/faults.sh
SLICE=1 bash Tests/System/carrier/proof-kill.sh
echo "all good"
