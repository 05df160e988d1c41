#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A machine whose clocks jump, that sleeps, and whose addresses come and go. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
cc -shared -fPIC -O1 -o "$work/clock.so" Tests/System/machine/clock.c
clock() { # wall sleep: seconds to add
  python3 -c 'import struct, sys; open(sys.argv[1], "r+b").write(struct.pack("=qq", *map(int, sys.argv[2:])))' \
    "$work/clock" "$@"
}
head -c 16 /dev/zero >"$work/clock"
year=$((365 * 24 * 3600))
started() { TEST_CLOCK=$work/clock LD_PRELOAD=$work/clock.so start "$1"; }
exchange() { # what: messages and files both ways, and the time in the log
  well a b "$1"
  head -c 100000 /dev/urandom >"$work/file"
  for pair in "a b" "b a"; do
    read -r from to <<<"$pair"
    ctl "$from" cp "$work/file" "$to:${1// /-}" >/dev/null 2>&1 || fail "no file from $from to $to after $1"
  done
}

configure a
configure b
for name in a b; do sed -i '/websocket: /d; s/\[websocket, unix\]/[unix]/' "$work/$name/mesh.yaml"; done
started a
start b
acquaint a b
until_true 10 ctl a ping b --count 1
# Noticed below, within ten seconds.
clock 0 3600
clock $((10 * year)) 3600
exchange "ten years later"
ctl a peers add "$(ctl b id --invite)" --alias b >/dev/null
last_time() { tail -1 "$work/a/log" | cut -c1-4; }
(($(last_time) > $(date +%Y) + 8)) || fail "the log has the time of before: $(last_time)"
murder b
start b
until_true 20 ctl a ping b --count 1 --timeout 1s
exchange "a peer that was restarted ten years earlier"
clock $((-30 * year)) 3600
exchange "thirty years back"
clock $((-100 * year)) 3600
exchange "a time before 1970"
murder b
start b
until_true 20 ctl a ping b --count 1 --timeout 1s
well a b "a peer that was restarted then"
for number in 1 2 3 4 5; do
  clock $((number * 86400)) 3600
  ctl a ping b --count 1 >/dev/null || fail "jump $number"
done
well a b "a clock that jumps from day to day"

# Addresses that come and go, in a network of our own.
space=mesh-test-$$
inside() { ip netns exec "$space" "$@"; }
start_inside() {
  ip netns exec "$space" "$meshd" --config "$work/$1/mesh.yaml" >>"$work/$1/log" 2>&1 &
  pids+=($!)
  pid_of[$1]=$!
  until_true 10 ctl "$1" status
}
if ip netns add "$space" 2>/dev/null; then
  trap 'ip netns del "$space" 2>/dev/null; finish' EXIT
  inside ip link set lo up
  inside ip address add 10.99.0.1/32 dev lo
  configure c "listen: [\"ws://10.99.0.1:8080/mesh\"]"
  configure d
  start_inside c
  start_inside d
  acquaint d c
  until_true 15 chosen d c websocket
  well d c "a link over an address that may go"
  inside ip address del 10.99.0.1/32 dev lo
  until_true 5 grep -q network_changed "$work/d/log"
  until_true 20 ctl d ping c --count 1 --timeout 1s
  until_true 30 chosen d c unix
  well d c "the address is gone, the conversation goes on"
  inside ip address add 10.99.0.1/32 dev lo
  until_true 5 shows 2 grep -c network_changed "$work/d/log"
  until_true 30 chosen d c websocket
  well d c "the address is back, and so is the better path"
  for number in {1..30}; do
    inside ip address add "10.98.0.$number/32" dev lo
    inside ip address del "10.98.0.$number/32" dev lo
  done
  well d c "an address that comes and goes thirty times"
else
  echo "skipped: no network namespaces here"
fi

until_true 15 grep -q 'resumed_from_sleep slept_ms=3[56]' "$work/a/log"
exchange "an hour of sleep"

# Records that were signed by a clock that was ahead must not outlast it.
murder a
clock $((10 * year)) 0
started a
until_true 20 ctl a ping b --count 1 --timeout 1s
ctl a shutdown >/dev/null
wait "${pid_of[a]}" || true
clock 0 0
sed -i "s|$work/a/link.sock|$work/a/moved.sock|" "$work/a/mesh.yaml"
started a
until_true 20 ctl b ping a --count 1 --timeout 1s
until_true 10 shows 'moved.sock' ctl b peers --json
well b a "an address that was told after the clock was put right"
murder a
murder b
echo "all good"
