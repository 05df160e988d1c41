#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# UDP never gets through: the link comes up over TCP.
source Tests/System/htx-failover/scenario.bash
node alice htx "  htx: {}"
serve_site htx htx
start alice
breaks udp "$port"
began=$(date +%s%N)
acquaint alice bob
until_true 10 ctl alice ping bob --count 1
took=$((($(date +%s%N) - began) / 1000000))
((took < 3000)) || fail "the first answer came after $took ms: $(ctl alice why bob)"
goes_by alice HTTP/2 || fail "the link does not go over TCP: $(ctl alice htx links)"
over alice 0 || fail "a link over QUIC"
shows "over HTTP/2, because QUIC was not answered" ctl alice htx links
grep -q "no answer over QUIC from 127.0.0.1:$port" "$work/alice/log" || fail "the log does not say so"
step "UDP blocked: a link over TCP in $took ms"
begin_flow
begin_copy file 5000000
end_copy file
end_flow 20 "UDP blocked"
