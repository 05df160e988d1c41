#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two nodes over HTX over QUIC: a link, a file, and TCP where UDP does not get through. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
source Tests/System/htx-quic/configure.bash
memory_limit=65536
port=$(free_port)

invitation() { ctl b id --invite --address "$1"; }

configure_htx b "listen: [\"htx://127.0.0.1:$port\"]"
configure_htx a "fallback_minimum: 20s, fallback_maximum: 20s"
start b
start a
address=$(address_of b "htx://127.0.0.1:$port")
ctl b peers add "$(ctl a id --invite)" --alias a >/dev/null
ctl a peers add "$(invitation "$address")" --alias b >/dev/null
until_true 15 ctl a ping b --count 1
chosen a b htx || fail "the link is not over htx: $(ctl a why b)"
for name in a b; do (($(figure "$name" links_over_quic) == 1)) || fail "$name has no link over QUIC"; done
shows '^link [0-9]+: to 127.0.0.1:[0-9]+, over HTTP/3, round trip' ctl a htx links
shows '; over HTTP/3; survives changes of address' ctl a --json why b
shows '; over HTTP/3; survives changes of address' ctl b --json why a
shows '^link [0-9]+: from 127.0.0.1:[0-9]+, over HTTP/3, round trip' ctl b htx links
well a b "a link over QUIC"
head -c 3000000 /dev/urandom >"$work/file"
ctl a cp "$work/file" b: >/dev/null
until_true 10 test -e "$work/b/received/file"
[[ $(hash_of "$work/file") == $(hash_of "$work/b/received/file") ]] || fail "the file has changed"
step "a file over QUIC"

[[ $(curl --silent --insecure --max-time 10 -D - -o /dev/null "https://127.0.0.1:$port/") == *"alt-svc: h3=\":$port\"; ma=86400"* ]] ||
  fail "the site does not say that it has HTTP/3"
step "the site announces HTTP/3"

murder b
start b
until_true 30 ctl a ping b --count 1
(($(figure b links_over_quic) == 1)) || fail "after its restart the listener has no link over QUIC"
well a b "the link after the listener's restart"

# The new load gets the TCP socket handed over at once, and shares the UDP port with the old one, which keeps its link.
cp "$plugins/mesh_htx.so" "$work/mesh_htx.so"
before=$(ctl a htx links)
ctl b plugins replace htx "$work/mesh_htx.so" >/dev/null
ctl a ping b --count 1 >/dev/null || fail "the replacement ended the link"
configure_htx z "fallback_minimum: 20s, fallback_maximum: 20s"
start z
ctl b peers add "$(ctl z id --invite)" --alias z >/dev/null
ctl z peers add "$(invitation "$address")" --alias b >/dev/null
until_true 10 ctl z ping b --count 1
shows '^link [0-9]+: to 127.0.0.1:[0-9]+, over HTTP/3, round trip' ctl z htx links
(($(figure b links_over_quic) == 1)) || fail "the link that was dialled after the replacement is not the new load's"
ctl a cp "$work/file" b:while-replaced >/dev/null
until_true 10 test -e "$work/b/received/while-replaced"
[[ $(hash_of "$work/file") == $(hash_of "$work/b/received/while-replaced") ]] || fail "the file has changed"
[[ $(ctl a htx links | cut -d, -f1) == $(cut -d, -f1 <<<"$before") ]] || fail "the old load's link did not live on"
kill -TERM "${pid_of[z]}"
wait "${pid_of[z]}" || true
step "two loads of the plugin share a port of QUIC, each with its own link"
kill -TERM "${pid_of[a]}"
wait "${pid_of[a]}" || true
cc -shared -fPIC -O1 -o "$work/faults.so" Tests/System/carrier/faults.c
head -c 64 /dev/zero >"$work/fault"
TEST_FAULT=$work/fault LD_PRELOAD=$work/faults.so start a
over_quic() { ctl a ping b --count 1 && (($(figure b links_over_quic) == 1 && $(figure b links) == 1)); }
until_true 30 over_quic
well a b "a link over QUIC to the plugin's new load"

# The socket is full at the first try to send each packet: it goes as soon as there is room, not when it is missed.
order() { python3 -c 'import sys; open(sys.argv[1], "r+b").write(sys.argv[2].encode().ljust(64, b"\0"))' "$work/fault" "$1"; }
order "send 11 -"
ctl a --json ping b --count 200 --interval 2ms --timeout 5s >"$work/pings" || fail "pings are lost: $(tail -3 "$work/pings")"
order ""
median=$(sed -n 's/.*"round_trip":\([0-9]*\).*/\1/p' "$work/pings" | sort -n | sed -n 100p)
# A probe timeout has the 25 ms in it that an acknowledgement may take.
((median < 10000000)) || fail "half of the answers take $((median / 1000)) µs when the socket is full at times"
step "with a socket that is full at every first try half of the pings take at most $((median / 1000)) µs"

# Somebody who ends QUIC in the middle has a certificate that the dialler believes. Ticket and requests pass, and the session
# finds two TLS sessions where there should be one; a node that was told not to look takes the same path.
swift build -c release --product quic-middle >"$work/build.log" 2>&1 || fail "quic-middle: $(tail -5 "$work/build.log")"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
believes="authorities: $work/cert.pem, fallback_minimum: 20s, fallback_maximum: 20s"
through_middle() { # dialler listener port: dials the listener by way of a middle that has the pin of its site
  local middle address
  middle=$(free_port)
  address=$(address_of "$2" "htx://127.0.0.1:$3")
  PIN=${address#*pin=sha256:} .build/release/quic-middle "$middle" "$work/cert.pem" "$work/key.pem" "$3" >"$work/middle.log" 2>&1 &
  pids+=($!)
  until_true 5 grep -q ready "$work/middle.log"
  address=${address/127.0.0.1:$3/localhost:$middle}
  ctl "$2" peers add "$(ctl "$1" id --invite)" --alias "$1" >/dev/null
  ctl "$1" peers add "$(ctl "$2" id --invite --address "${address%&pin=*}")" --alias "$2" >/dev/null
}
configure_htx m "$believes"
start m
admitted=$(figure b tickets_admitted_total)
through_middle m b "$port"
! ctl m ping b --count 2 --timeout 3s >/dev/null 2>&1 || fail "the session does not notice who ends QUIC in the middle"
grep -q '^out' "$work/middle.log" && grep -q '^in' "$work/middle.log" || fail "nobody came through the middle"
(($(figure b tickets_admitted_total) > admitted)) || fail "the ticket did not pass: $(ctl m why b)"
step "a session through somebody who ends QUIC is refused"
unbound_port=$(free_port)
configure_htx n "listen: [\"htx://127.0.0.1:$unbound_port\"], binding: none"
configure_htx o "$believes, binding: none"
start n
start o
through_middle o n "$unbound_port"
until_true 15 ctl o ping n --count 1
(($(figure o links_over_quic) == 1)) || fail "the link does not go over QUIC"
step "without channel binding the same path is taken: it is what notices"
for name in m n o; do murder "$name"; done

# A listener without UDP: the packets of QUIC reach nobody.
tcp_port=$(free_port)
configure_htx c "listen: [\"htx+tcp://127.0.0.1:$tcp_port\"]"
configure_htx d ""
start c
start d
address=$(address_of c "htx://127.0.0.1:$tcp_port")
ctl c peers add "$(ctl d id --invite)" --alias d >/dev/null
began=$(date +%s%N)
ctl d peers add "$(ctl c id --invite --address "$address")" --alias c >/dev/null
until_true 15 ctl d ping c --count 1
took=$((($(date +%s%N) - began) / 1000000))
(($(figure d links_over_quic) == 0 && $(figure d links) == 1)) || fail "the link does not go over TCP"
shows '^link [0-9]+: to .*, over HTTP/2, because QUIC was not answered$' ctl d htx links
shows '; over HTTP/2' ctl d --json why c
! shows 'survives changes of address' ctl d --json why c >/dev/null 2>&1 || fail "a link over TCP is told as one over QUIC"
came=$(ctl d why c | sed -n 's/.*htx came up after \([0-9.]*\) \(ms\|s\)$/\1 \2/p' | tail -1)
[[ $came == *ms ]] && ((${came%%[. ]*} >= 200)) || [[ $came == 1* ]] || fail "TCP came up after $came"
step "without UDP the link is over TCP after $came ($took ms until the first answer)"

# The ticket key of another site: the site answers as it answers anybody, and that is told as what it is.
other=$(ctl a --json htx ticket | python3 -c 'import json, sys; print(json.load(sys.stdin)["ticket"])')
configure_htx e ""
start e
ctl b peers add "$(ctl e id --invite)" --alias e >/dev/null
wrong=$(address_of b "htx://127.0.0.1:$port")
wrong=$(sed "s/ticket=[^&]*/ticket=$other/" <<<"$wrong")
ctl e peers add "$(invitation "$wrong")" --alias b >/dev/null
! ctl e ping b --count 1 --timeout 2s >/dev/null 2>&1 || fail "a ticket for another site opens this one"
until_true 15 grep -q 'the site did not take the ticket' "$work/e/log"

step "a refused ticket is told as one"

# A router forgets the client's address under load; later it passes no UDP any more. Nobody hears of the way around it.
router=$(free_port)
behind=$(free_port)
python3 Tests/System/htx-quic/translator.py "$router" "$behind" >"$work/router.log" 2>&1 &
pids+=($!)
pid_of[router]=$!
until_true 5 grep -q ready "$work/router.log"
configure_htx h "listen: [\"htx://127.0.0.1:$behind\"]"
start h
through=$(address_of h "htx://127.0.0.1:$router")
murder h
configure_htx h "listen: [\"htx://127.0.0.1:$behind\"], advertise: [\"$through\"]"
start h
configure_htx g "fallback_minimum: 200ms, fallback_maximum: 400ms, quic_pause: 2s, cover_minimum: 100ms, cover_maximum: 300ms" "session: { rekey_bytes: 1MiB }"
start g
ctl h peers add "$(ctl g id --invite)" --alias g >/dev/null
ctl g peers add "$(ctl h id --invite --address "$through")" --alias h >/dev/null
until_true 15 ctl g ping h --count 1
links() { figure "$1" links_over_quic; }
head -c 40000000 /dev/urandom >"$work/large"
ctl g cp "$work/large" h: >/dev/null
until_true 20 test -e "$work/h/received/large"
[[ $(hash_of "$work/large") == $(hash_of "$work/h/received/large") ]] || fail "the file has changed"
(($(links h) == 1 && $(figure h tickets_admitted_total) == 1)) || fail "new keys of the session end the link"
step "the session changes its keys under load"
rm "$work/h/received/large"
ctl g cp "$work/large" h: >/dev/null &
copy=$!
for _ in 1 2 3; do
  sleep 0.3
  kill -USR1 "${pid_of[router]}"
done
wait "$copy"
until_true 20 test -e "$work/h/received/large"
[[ $(hash_of "$work/large") == $(hash_of "$work/h/received/large") ]] || fail "the file has changed"
ctl g ping h --count 1 >/dev/null
(($(links h) == 1 && $(figure h tickets_admitted_total) == 1)) || fail "the link did not survive: $(ctl g why h)"
step "a link over QUIC goes on from other addresses, under load"

rm "$work/h/received/large"
ctl g cp "$work/large" h: >/dev/null &
copy=$!
sleep 0.2
kill -USR2 "${pid_of[router]}"
wait "$copy"
until_true 30 test -e "$work/h/received/large"
[[ $(hash_of "$work/large") == $(hash_of "$work/h/received/large") ]] || fail "the file has changed"
(($(figure g links) > $(links g))) || fail "nothing goes over TCP: $(ctl g why h)"
step "a session goes on over TCP when UDP is blocked under load"

# Once UDP gets through again, the link comes back to QUIC, and nothing that is said meanwhile is lost.
over_tcp() { (($(links g) == 0 && $(figure g links) == 1)); }
over_quic_again() { (($(links g) == 1 && $(figure g links) == 1)); }
until_true 30 over_tcp
kill -HUP "${pid_of[router]}"
ctl g --json ping h --count 200 --interval 50ms --timeout 5s >"$work/pings" &
pings=$!
until_true 20 over_quic_again
wait "$pings" || fail "messages were lost on the way back to QUIC: $(tail -3 "$work/pings")"
(($(grep -c round_trip "$work/pings") >= 200)) || fail "answers are missing: $(tail -2 "$work/pings")"
longest=$(sed -n 's/.*"round_trip":\([0-9]*\).*/\1/p' "$work/pings" | sort -n | tail -1)
grep -q 'makes room for one over it' "$work/g/log" || fail "something else brought it back"
shows 'a better link over it has come up' ctl g --json why h
step "a link over TCP comes back to QUIC by itself; the longest answer meanwhile took $((longest / 1000000)) ms"

if unshare --map-root-user --net true 2>/dev/null; then
  unshare --map-root-user --net bash Tests/System/htx-quic/move.sh
else
  step "skipped: no network namespaces here, so nothing moved to another address"
fi
