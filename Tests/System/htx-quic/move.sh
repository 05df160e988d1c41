#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A link over QUIC whose dialler gets another address of the machine under load, and loses the first. Runs in a network
# namespace of its own; called by run.sh.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
source Tests/System/htx-quic/configure.bash

ip link set lo up
for address in 10.9.0.1 10.9.0.2 10.9.0.3; do ip address add "$address/32" dev lo; done
comes_from() { ip route replace local 10.9.0.1 dev lo table local src "$1"; }
comes_from 10.9.0.2
configure_htx h 'listen: ["htx://10.9.0.1:4433"]'
configure_htx g "fallback_minimum: 20s, fallback_maximum: 20s"
start h
start g
ctl h peers add "$(ctl g id --invite)" --alias g >/dev/null
ctl g peers add "$(ctl h id --invite --address "$(address_of h htx://10.9.0.1:4433)")" --alias h >/dev/null
until_true 15 ctl g ping h --count 1
shows '^link [0-9]+: from 10.9.0.2:[0-9]+, over HTTP/3' ctl h htx links
head -c 40000000 /dev/urandom >"$work/large"
ctl g cp "$work/large" h: >/dev/null &
copy=$!
sleep 0.2
comes_from 10.9.0.3
ip address del 10.9.0.2/32 dev lo
wait "$copy"
until_true 20 test -e "$work/h/received/large"
[[ $(hash_of "$work/large") == $(hash_of "$work/h/received/large") ]] || fail "the file has changed"
ctl g ping h --count 1 >/dev/null
shows '^link [0-9]+: from 10.9.0.3:[0-9]+, over HTTP/3' ctl h htx links
(($(figure h tickets_admitted_total) == 1)) || fail "the link did not survive: $(ctl g why h)"
step "a link goes on when the machine's address changes under load"

# Nothing gets out any more: that is told, and told once.
ip route replace unreachable 10.9.0.1/32 table local
ctl g ping h --count 6 --interval 500ms --timeout 500ms >/dev/null 2>&1 || true
until_true 5 grep -q 'packets were lost' "$work/g/log"
(($(grep -c 'packets were lost' "$work/g/log") == 1)) || fail "told more than once: $(grep 'packets were lost' "$work/g/log")"
step "packets that cannot be sent are told once"
