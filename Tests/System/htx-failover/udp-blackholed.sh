#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# UDP stops getting through under load: the session goes on over TCP, and over QUIC once UDP is back and TCP fails.
source Tests/System/htx-failover/scenario.bash
node alice htx "  htx: { quic_pause: 1s }"
serve_site htx htx
start alice
acquaint alice bob
until_true 10 ctl alice ping bob --count 1
until_true 10 over alice 1
begin_flow
begin_copy file 300000000
until_true 8 part_beyond file 10000000
breaks udp "$port"
until_true 10 goes_by alice HTTP/2
end_copy file
shows 'over HTTP/2, because QUIC was not answered' ctl alice htx links
[[ $(says alice bob) =~ "htx is chosen "[0-9.]*" "m?s" after htx made no progress" ]] || fail "$(ctl alice why bob)"
step "UDP black-holed: over TCP: ${BASH_REMATCH[0]}"
# Both ends have given the silent link up.
until_true 25 over alice 0
[[ $(says alice bob) =~ "htx went down after "[0-9.]*" s: no answer in time" ]] || fail "$(ctl alice why bob)"
step "UDP black-holed: ${BASH_REMATCH[0]}"
mends
breaks tcp "$port"
until_true 10 over alice 1
until_true 5 ctl alice ping bob --count 1
mends
step "UDP is back: the next dial is over QUIC"
end_flow 500 "UDP black-holed"
