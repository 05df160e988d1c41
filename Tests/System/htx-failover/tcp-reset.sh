#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# TCP to the site is reset under load, and stays so: the session goes on over WebSocket.
source Tests/System/htx-failover/scenario.bash
node alice "htx, websocket" "  htx: {}
  websocket: {}"
serve_site "htx, websocket" htx+tcp "  websocket: { listen: [\"ws://127.0.0.1:$inner_web/mesh\"] }"
start alice
acquaint alice bob
until_true 10 chosen alice bob htx
begin_flow
begin_copy file 300000000
until_true 8 part_beyond file 10000000
breaks tcp "$port"
until_true 10 chosen alice bob websocket
[[ $(says alice bob) =~ "websocket is chosen "[0-9.]*" "m?s" after htx went down"[^.]*"reset by peer" ]] ||
  fail "$(ctl alice why bob)"
step "TCP reset: ${BASH_REMATCH[0]}"
end_copy file
[[ -z $(ctl alice htx links) ]] || fail "a link through resets: $(ctl alice htx links)"
chosen alice bob websocket || fail "not over WebSocket: $(ctl alice why bob)"
end_flow 200 "TCP reset"
