#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Neither UDP nor TCP to the site gets through any more, under load: the session goes on over a Unix socket, and over HTX
# again once it can.
source Tests/System/htx-failover/scenario.bash
serve_site "htx, unix" htx "  unix: { listen: [\"unix://$work/bob/link.sock\"] }"
node alice "htx, unix" "  htx: { quic_pause: 1s }
  unix: {}"
start alice
acquaint alice bob
until_true 10 chosen alice bob htx
until_true 10 over alice 1
begin_flow
begin_copy file 300000000
until_true 8 part_beyond file 10000000
breaks udp "$port"
breaks tcp "$port"
until_true 15 chosen alice bob unix
[[ $(says alice bob) =~ "unix is chosen "[0-9.]*" "m?s" after htx "[^.]* ]] || fail "$(ctl alice why bob)"
step "HTX dead: ${BASH_REMATCH[0]}"
end_copy file
chosen alice bob unix || fail "not over the Unix socket: $(ctl alice why bob)"
mends
until_true 40 chosen alice bob htx
sleep 0.5
step "HTX is back, and carries the session"
end_flow 500 "HTX dead, over a Unix socket"
