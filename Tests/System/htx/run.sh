#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two nodes over HTX: the site for strangers, links for tickets, a replay after a restart, and somebody in the middle
# who ends TLS. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
memory_limit=65536
port=$(free_port)

configure_htx() { # name htx-keys [more-yaml]
  mkdir -p -m 700 "$work/$1"
  cat >"$work/$1/mesh.yaml" <<YAML
transport_priority: [htx]
node: { state: $work/$1/state, stop_timeout: 1s }
plugins: { directories: [$plugins], trust: any }
transports:
  htx: { $2 }
control: { socket: $work/$1/client.sock, admin_socket: $work/$1/admin.sock }
log: { level: info, format: text }
protocols:
  /mesh/file/1: { allow: ["*"], folder: $work/$1/received }
${3:-}
YAML
}
mkdir -p "$work/www"
echo '<p>nothing to see</p>' >"$work/www/index.html"
head -c 300000 /dev/urandom >"$work/www/data.bin"
configure_htx b "listen: [\"htx+tcp://127.0.0.1:$port\"], site: $work/www"
configure_htx a ""
start b
start a

ctl b --json htx ticket "htx+tcp://127.0.0.1:$port" >"$work/ticket"
address=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["address"])' "$work/ticket")
[[ $address == "htx+tcp://127.0.0.1:$port#ticket="*"&pin=sha256:"* ]] || fail "no address: $address"
shows '^policy: BN-Ticket: v1; carriers=cookie:0.5,query:0.3,body:0.2; len=24..64$' ctl b htx ticket
shows '^Usage: meshctl htx ticket' "$meshctl" --socket "$work/b/admin.sock" htx ticket --help
refuses 'unknown command' ctl b htx tickets
refuses 'MESH_E_INVALID|INVALID' ctl b htx ticket "ws://127.0.0.1"
step "meshctl htx ticket shows key, pin and policy"
ctl b htx fingerprint >"$work/fingerprint"
grep -qE '^tcp: t13d[0-9]{4}h2_[0-9a-f]{12}_[0-9a-f]{12}$' "$work/fingerprint" || fail "$(cat "$work/fingerprint")"
grep -qE '^quic: q13d[0-9]{4}h3_[0-9a-f]{12}_[0-9a-f]{12}$' "$work/fingerprint" || fail "$(cat "$work/fingerprint")"
ctl b --json htx fingerprint | python3 -c 'import json, sys; assert len(json.load(sys.stdin)) == 4'
step "meshctl htx fingerprint: $(head -2 "$work/fingerprint" | paste -sd' ')"

invitation() { ctl b id --invite --address "$1"; }
ctl b peers add "$(ctl a id --invite)" --alias a >/dev/null
ctl a peers add "$(invitation "$address")" --alias b >/dev/null
until_true 15 ctl a ping b --count 1
chosen a b htx || fail "the link is not over htx: $(ctl a why b)"
well a b "a link over HTX"
head -c 3000000 /dev/urandom >"$work/file"
ctl a cp "$work/file" b: >/dev/null
until_true 10 test -e "$work/b/received/file"
[[ $(hash_of "$work/file") == $(hash_of "$work/b/received/file") ]] || fail "the file has changed"
step "a file over HTX"

fetch() { curl --silent --show-error --insecure --max-time 10 "$@"; }
for version in --http1.1 --http2; do
  [[ $(fetch $version "https://127.0.0.1:$port/") == '<p>nothing to see</p>' ]] || fail "no page with $version"
  fetch $version -o "$work/fetched" "https://127.0.0.1:$port/data.bin"
  cmp -s "$work/fetched" "$work/www/data.bin" || fail "another file with $version"
  [[ $(fetch $version -o "$work/fetched" -w '%{http_code}' -r 10-19 "https://127.0.0.1:$port/data.bin") == 206 ]]
  cmp -s "$work/fetched" <(tail -c +11 "$work/www/data.bin" | head -c 10) || fail "another range with $version"
  [[ $(fetch $version -o /dev/null -w '%{http_code}' "https://127.0.0.1:$port/none") == 404 ]] || fail "no 404"
  [[ $(fetch $version -o /dev/null -w '%{http_code}' -d x=1 "https://127.0.0.1:$port/?c=0") == 405 ]] || fail "no 405"
  [[ $(fetch $version -I -o /dev/null -w '%{http_code}' "https://127.0.0.1:$port/") == 200 ]] || fail "no HEAD"
done
step "strangers see a site over HTTP/1.1 and HTTP/2"

# A ticket opens what it opens once, also when the server was killed after it. The answer is a stranger's each time.
figure() { ctl "$1" metrics | sed -n "s/^mesh_plugin_$2{.*} //p"; } # name figure
answer() { fetch --http2 -i "$@" | grep -vi '^date:'; }
ticket=$(python3 Tests/System/htx/tickets.py "$address" 1)
admitted=$(figure b tickets_admitted_total)
plain=$(answer "https://127.0.0.1:$port/")
[[ $(answer "https://127.0.0.1:$port/?bn1=$ticket") == "$plain" ]] || fail "a good ticket is answered unlike a stranger"
(($(figure b tickets_admitted_total) == admitted + 1)) || fail "the ticket is no good"
murder b
start b
[[ $(answer "https://127.0.0.1:$port/?bn1=$ticket") == "$plain" ]] || fail "a used ticket is answered unlike a stranger"
(($(figure b tickets_replayed_total) == 1)) || fail "a ticket is taken again after a restart"
step "a used ticket is known after the server was killed, and answered as no ticket"
until_true 20 ctl a ping b --count 1
well a b "the link after the listener's restart"
find "$work/b/state" -type f | grep -q . || fail "nothing is kept"

# Somebody ends TLS in the middle, with a certificate that the dialler trusts: the ticket passes, the session does not.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
middle=$(free_port)
python3 Tests/System/htx/intercept.py "$middle" "$work/cert.pem" "$work/key.pem" "$port" >"$work/middle.log" 2>&1 &
pids+=($!)
until_true 5 grep -q ready "$work/middle.log"
configure_htx c "authorities: $work/cert.pem"
start c
ctl b peers add "$(ctl c id --invite)" --alias c >/dev/null
through=${address/127.0.0.1:$port/localhost:$middle}
ctl c peers add "$(invitation "${through%&pin=*}")" --alias b >/dev/null
! ctl c ping b --count 2 --timeout 3s >/dev/null 2>&1 || fail "the session does not notice who ends TLS in the middle"
grep -q '^out' "$work/middle.log" || fail "nobody came through the middle: $(cat "$work/middle.log"; ctl c why b)"
# Two tickets of a, and at least one of c.
(($(ctl b metrics | sed -n 's/^mesh_plugin_tickets_remembered{.*} //p') >= 3)) || fail "the ticket did not pass"
step "a session through somebody who ends TLS is refused"
ctl c peers remove b >/dev/null
ctl c peers add "$(invitation "$address")" --alias b >/dev/null
until_true 15 ctl c ping b --count 1
step "without the middle the same node is let in"

# What somebody on the way sees of a dialler is what the command says.
listener=$(free_port)
python3 Tests/System/htx/hello.py "$listener" >"$work/hello" 2>&1 &
pids+=($!)
until_true 5 grep -q ready "$work/hello"
named=${address/127.0.0.1:$port/localhost:$listener}
ctl c peers remove b >/dev/null
ctl c peers add "$(invitation "$named")" --alias b >/dev/null
ctl c ping b --count 1 --timeout 2s >/dev/null 2>&1 || true
until_true 5 grep -q '^t13' "$work/hello"
[[ "tcp: $(tail -1 "$work/hello")" == "$(head -1 "$work/fingerprint")" ]] || fail "another: $(cat "$work/hello" "$work/fingerprint")"
step "a real ClientHello has the fingerprint that the command shows"

# Good tickets come in at the rate of their network, and nobody else's; none that was over it is remembered.
port=$(free_port)
configure_htx r "listen: [\"htx+tcp://127.0.0.1:$port\"], ticket_burst: 4, tickets_per_hour: 3600"
start r
address=$(ctl r --json htx ticket "htx+tcp://127.0.0.1:$port" | python3 -c 'import json, sys; print(json.load(sys.stdin)["address"])')
mapfile -t tickets < <(python3 Tests/System/htx/tickets.py "$address" 41)
began=$(date +%s%N)
for ticket in "${tickets[@]:1}"; do fetch -o /dev/null "https://127.0.0.1:$port/?bn1=$ticket"; done
most=$((4 + 1 + ($(date +%s%N) - began) / 1000000000))
admitted=$(figure r tickets_admitted_total)
((admitted >= 4 && admitted <= most)) || fail "$admitted tickets were admitted, not 4 to $most"
(($(figure r tickets_over_rate_total) == 40 - admitted)) || fail "the others are not told as over their rate"
(($(figure r tickets_remembered) == admitted)) || fail "$(figure r tickets_remembered) are remembered of $admitted"
fetch -o /dev/null --interface 127.0.1.1 "https://127.0.0.1:$port/?bn1=${tickets[0]}"
(($(figure r tickets_admitted_total) == admitted + 1)) || fail "another network is kept out"
step "of 40 good tickets of one network in $((most - 5)) s $admitted are admitted, and one of another"
