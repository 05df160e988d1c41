#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The disk under the bundle store fails in every way that a disk has: nothing is told stored that is not, the daemon goes
# on and says so, and what waited goes on when the disk is well again. Called by run.sh.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
cc -shared -fPIC -O1 -o "$work/faults.so" Tests/System/carrier/faults.c
breaking() { # name what errno pattern, or name alone: the disk is well
  python3 -c 'import sys; open(sys.argv[1], "r+b").write(" ".join(sys.argv[2:]).encode().ljust(64, b"\0"))' \
    "$work/$1.fault" "${@:2}"
}
for name in a b; do
  configure "$name"
  sed -i "/websocket: /d; s/\[websocket, unix\]/[unix, dtn]/; s|^  unix: .*|&\n  dtn: { store: $work/$name/bundles }|" \
    "$work/$name/mesh.yaml"
  head -c 64 /dev/zero >"$work/$name.fault"
done
started() { TEST_FAULT=$work/$1.fault LD_PRELOAD=$work/faults.so start "$1"; }
stopped() { # name
  ctl "$1" shutdown >/dev/null
  wait "${pid_of[$1]}" || fail "$1 did not end well"
}
post() { # text key
  ctl a send b "$1" --lifetime 1d --key "$2" >"$work/$2.out" 2>"$work/$2.err" &
  pids+=($!)
}
listening() { hearing b "$work/heard"; }
heard() { grep -c -- "$1" "$work/heard" 2>/dev/null || true; }
has_heard() { [[ $(heard "$1") == 1 ]]; }

started a
started b
acquaint a b
until_true 10 ctl a ping b --count 1
daemon_a=${pid_of[a]}
stopped b
post "before all faults" before
until_true 15 grep -q stored "$work/before.err"

# What is asked of the disk, with EIO (5), ENOSPC (28), EROFS (30) and EDQUOT (122).
for order in "write 5" "write 28" "write 30" "write 122" "sync 5"; do
  key=fault.${order/ /.}.
  # shellcheck disable=SC2086
  breaking a $order bundles/data.mdb
  post "$key" "$key"
  until_true 20 grep -qE 'was not stored|store has failed' "$work/a/log"
  sleep 1
  ! grep -q stored "$work/$key.err" || fail "$order: told stored while the disk takes nothing"
  [[ ! -s $work/$key.out ]] || fail "$order: given up: $(cat "$work/$key.out")"
  shows running ctl a status
  breaking a
  until_true 40 grep -q stored "$work/$key.err"
  : >"$work/a/log"
done
[[ ${pid_of[a]} == "$daemon_a" ]] && kill -0 "$daemon_a" || fail "the daemon was restarted"
step "a disk that fails in five ways: refused, told, and stored when it is well"

# The receiver's disk: the sender keeps what the receiver cannot. First it fails, then it is full.
breaking b write 5 bundles/data.mdb
started b
listening
until_true 20 grep -q 'store has failed' "$work/b/log"
shows running ctl b status
breaking b write 28 bundles/data.mdb
until_true 20 grep -q 'No space left' "$work/b/log"
sleep 1
[[ $(heard fault) == 0 ]] || fail "delivered what is on no disk"
shows running ctl b status
breaking b
for text in "before all faults" fault.write.5. fault.write.28. fault.write.30. fault.write.122. fault.sync.5.; do
  until_true 60 has_heard "$text"
done
until_true 20 grep -q delivered "$work/fault.sync.5..out"
step "a receiver whose disk fails gets everything once when it is well"

# The journal of the window: no receipt before it is on disk.
for order in "write 5" "sync 5"; do
  key=window.${order/ /.}.
  stopped b
  post "$key" "$key"
  until_true 15 grep -q stored "$work/$key.err"
  started b
  # shellcheck disable=SC2086
  breaking b $order state/carriage
  listening
  until_true 30 has_heard "$key"
  sleep 1
  ! grep -q delivered "$work/$key.out" || fail "$order: a receipt for what is on no disk"
  shows running ctl b status
  breaking b
  until_true 40 grep -q delivered "$work/$key.out"
  has_heard "$key" || fail "$order: $key was heard $(heard "$key") times"
done
step "no receipt before the receiver has it on disk"
echo "all good"
