#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# TCP to the site is reset under load, and stays so: the session goes on over WebSocket.
source Tests/System/htx-failover/scenario.bash
node bob "htx, websocket" "  htx: { listen: [\"htx+tcp://127.0.0.1:4433\"] }
  websocket: { listen: [\"ws://127.0.0.1:8080/mesh\"] }"
node alice "htx, websocket" "  htx: {}
  websocket: {}"
start bob
start alice
acquaint alice bob
until_true 10 chosen alice bob htx
begin_flow
begin_copy file 300000000
until_true 8 part_beyond file 10000000
breaks tcp dport 4433 reject with tcp reset
breaks tcp sport 4433 reject with tcp reset
until_true 10 chosen alice bob websocket
[[ $(says alice bob) =~ "websocket is chosen "[0-9.]*" "m?s" after htx went down"[^.]*"reset by peer" ]] ||
  fail "$(ctl alice why bob)"
step "TCP reset: ${BASH_REMATCH[0]}"
end_copy file
[[ -z $(ctl alice htx links) ]] || fail "a link through resets: $(ctl alice htx links)"
chosen alice bob websocket || fail "not over WebSocket: $(ctl alice why bob)"
end_flow 200 "TCP reset"
