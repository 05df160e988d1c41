#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The server is restarted with another certificate. Who knows its old key refuses it, says how to go on, and goes on over
# WebSocket; who knows the authority behind both notices nothing.
source Tests/System/htx-failover/scenario.bash
authority() { # the authority that dialled sites are checked with
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
    -addext basicConstraints=critical,CA:TRUE -keyout "$work/authority.key" -out "$work/authority.pem" 2>/dev/null
}
certify() { # name: a key and a certificate of the authority
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=127.0.0.1 \
    -keyout "$work/$1.key" -out "$work/$1.csr" 2>/dev/null
  openssl x509 -req -in "$work/$1.csr" -CA "$work/authority.pem" -CAkey "$work/authority.key" -CAcreateserial -days 2 \
    -extfile <(echo subjectAltName=IP:127.0.0.1,DNS:localhost) -out "$work/$1.pem" 2>/dev/null
}
authority
certify old
certify new
serve_with() { # certificate [more-keys]
  node bob "htx, websocket" "  htx: { listen: [\"htx://127.0.0.1:$inner\"], certificate: $work/$1.pem, key: $work/$1.key${2:+, $2} }
  websocket: { listen: [\"ws://127.0.0.1:$inner_web/mesh\"], advertise: [\"ws://127.0.0.1:$web/mesh\"] }"
}
pin_of() { # certificate
  openssl x509 -in "$work/$1.pem" -noout -pubkey | openssl pkey -pubin -outform der 2>/dev/null | sha256sum | cut -d' ' -f1
}

serve_with old
start bob
plain=$(address_of bob "$site")
plain=${plain%&pin=*}
pinned="$plain&pin=sha256:$(pin_of old)"
murder bob
serve_with old "advertise: [\"$pinned\"]"
start bob
node alice "htx, websocket" "  htx: {}
  websocket: {}"
start alice
acquaint alice bob
until_true 10 chosen alice bob htx
until_true 10 over alice 1
begin_flow
sleep 1
crash
serve_with new "advertise: [\"$pinned\"]"
back
until_true 10 chosen alice bob websocket
refused() { [[ $(says alice bob) =~ "the server's key is not the pinned one, sha256:$(pin_of old); if it was changed on purpose, take the server's new address" ]]; }
until_true 10 refused
step "certificate changed: ${BASH_REMATCH[0]}"
# Not even for a moment; the link to the old key takes a while to go.
until_true 10 over alice 0
[[ $(figure bob tickets_admitted_total) == 0 ]] || fail "a ticket was shown to a key that is not the pinned one"
ctl alice ping bob --count 1 >/dev/null
end_flow_over_crash "certificate changed, with a pin, over WebSocket"

# The way out that it says.
ctl alice peers add "$(ctl bob id --invite --address "$plain&pin=sha256:$(pin_of new)")" --alias bob >/dev/null
until_true 10 over alice 1
step "certificate changed: with the new address over QUIC again"
murder alice
murder bob

# By the authority of both certificates, and with nothing else to go over.
rm -r "$work/got" "$work/got-afterwards" "$work/alice" "$work/bob"
serve_with old
start bob
node alice "htx" "  htx: { authorities: $work/authority.pem }"
start alice
acquaint alice bob
until_true 10 ctl alice ping bob --count 1
until_true 10 over alice 1
begin_flow
sleep 1
crash
serve_with new
back
until_true 10 ctl alice ping bob --count 1 --timeout 1s
sleep 0.5
end_flow_over_crash "certificate changed, of the same authority"
until_true 5 chosen alice bob htx
grep -q "not the pinned one" "$work/alice/log" && fail "there was a pin: $(ctl alice why bob)"
step "certificate changed: the link is over HTX: $(ctl alice htx links | tail -1)"
