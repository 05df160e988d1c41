#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Nodes that have nothing between them but convergence layers. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
source Tests/System/bundles/nodes.bash

hear() { hearing "$1" "$work/$1/heard"; } # name
has_heard() { [[ $(grep -c -- "$2" "$work/$1/heard" 2>/dev/null || true) == "$3" ]]; } # name text times
name_of() { ctl "$1" id --json | grep -o 'mesh1[a-z0-9]*' | sed -n 1p; }

declare -A name=()
for one in a b; do
  node "$one"
  start "$one"
  name[$one]=$(name_of "$one")
done
acquaint a b
for one in a b; do stopped "$one"; done
port=$(free_port)
routing=epidemic
node a "neighbours: [\"dtn://${name[b]}/ tcpcl://127.0.0.1:$port\"]"
node b "listen: [\"tcpcl://127.0.0.1:$port\"], neighbours: [\"dtn://${name[a]}/\"]"

# Envelopes of applications, sealed, over TCPCLv4.
start a
start b
hear b
until_true 20 is_figure a neighbours 1
! ctl b id --invite | grep -q tcpcl || fail "an invitation with an address that nobody can dial"
ctl a send b "over tcpcl" --lifetime 1d --key one >"$work/one.out" 2>&1 || fail "not delivered: $(cat "$work/one.out")"
grep -q delivered "$work/one.out" || fail "no delivery in: $(cat "$work/one.out")"
has_heard b "over tcpcl" 1 || fail "not heard once"
hear a
ctl b send a "and back" --lifetime 1d --key two >"$work/two.out" 2>&1 || fail "not delivered: $(cat "$work/two.out")"
has_heard a "and back" 1 || fail "not heard once"
step "messages over tcpcl, both ways, with receipts"
until_true 10 is_figure a bundles 0
until_true 10 is_figure b bundles 0

stopped a
stopped b

# Killed in the middle, each of them, and cut off: nothing is lost, and what came twice is there once.
front=$(free_port)
start_relay "$front" "$port"
# Slow enough that there is something left to do whenever somebody is killed.
tell_relay bandwidth 12000
node a "neighbours: [\"dtn://${name[b]}/ tcpcl://127.0.0.1:$front\"]"
start a
head -c 2250 /dev/urandom | base64 -w0 >"$work/large"
for number in $(seq 1 60); do
  ctl a bundle send "dtn://${name[b]}/news" "number $number $(<"$work/large")"
done
stored() { [[ $(ctl "$1" bundle list | wc -l) == "$2" ]]; } # name bundles
until_true 10 stored a 60
start b
until_true 30 at_least b received 4
murder b
start b
until_true 30 at_least b received 4
murder a
start a
until_true 30 at_least a forwarded 4
tell_relay reset
tell_relay bandwidth 0
until_true 40 is_figure a bundles 0
until_true 10 stored b 60
timeout 60 "$meshctl" --socket "$work/b/admin.sock" bundle listen news >"$work/news" 2>&1 &
pids+=($!)
until_true 20 is_figure b bundles 0
has_lines() { (($(wc -l <"$1") >= $2)); } # file lines
until_true 20 has_lines "$work/news" 60
awk '{ print $3 }' "$work/news" | sort -n >"$work/numbers"
seq 1 60 | cmp - "$work/numbers" || fail "heard: $(tr '\n' ' ' <"$work/numbers")"
step "sender and receiver killed and the connection cut in the middle: 60 bundles, each once"
stopped a
stopped b

routing=direct
# Connections that tell nothing of the other end, one for each way.
for layer in mtcp stcp; do
  declare -A at=([a]=$(free_port) [b]=$(free_port))
  node a "listen: [\"$layer://127.0.0.1:${at[a]}\"], neighbours: [\"dtn://${name[b]}/ $layer://127.0.0.1:${at[b]}\"]"
  node b "listen: [\"$layer://127.0.0.1:${at[b]}\"], neighbours: [\"dtn://${name[a]}/ $layer://127.0.0.1:${at[a]}\"]"
  start a
  start b
  until_true 20 is_figure a neighbours 1
  until_true 20 is_figure b neighbours 1
  ctl a bundle send "dtn://${name[b]}/news" "over $layer"
  ctl b bundle send "dtn://${name[a]}/news" "back over $layer"
  for one in a b; do
    "$meshctl" --socket "$work/$one/admin.sock" bundle listen news >"$work/news.$one" 2>&1 &
    pids+=($!)
  done
  until_true 10 grep -q "over $layer" "$work/news.b"
  until_true 10 grep -q "back over $layer" "$work/news.a"
  stopped a
  stopped b
  step "$layer, both ways"
done

# Who is not known is turned away, or only heard.
node a "neighbours: [\"dtn://${name[b]}/ tcpcl://127.0.0.1:$port\"]"
node b "listen: [\"tcpcl://127.0.0.1:$port\"], strangers: refuse"
start b
start a
until_true 10 grep -q "is not known here" "$work/b/log"
is_figure b neighbours 0 || fail "a stranger is a neighbour"
stopped b
node b "listen: [\"tcpcl://127.0.0.1:$port\"]"
start b
until_true 20 is_figure a neighbours 1
ctl a bundle send "dtn://${name[b]}/news" "from a stranger"
ctl b bundle send "dtn://${name[a]}/news" "to a stranger"
until_true 10 is_figure a bundles 0
sleep 0.3
stored b 2 || fail "$(ctl b bundle list)"
step "strangers are refused, or heard and not told"
stopped a
stopped b

# TLS: required on both sides, with certificates that name the nodes as RFC 9174 has it.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
  -keyout "$work/authority.key" -out "$work/authority.pem" 2>/dev/null
certificate() { # file node [authority]
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$work/$1.key" \
    -out "$work/$1.csr" 2>/dev/null
  openssl x509 -req -in "$work/$1.csr" -CA "$work/${3:-authority}.pem" -CAkey "$work/${3:-authority}.key" -days 2 \
    -extfile <(echo "subjectAltName=otherName:1.3.6.1.5.5.7.8.11;IA5STRING:$2"; echo "${4:-}") -out "$work/$1.pem" 2>/dev/null
}
secure() { # certificate: the keys that go with it
  echo "tls: required, certificate: $work/$1.pem, key: $work/$1.key, authorities: $work/authority.pem"
}
certificate a "dtn://${name[a]}/" authority "extendedKeyUsage=clientAuth,1.3.6.1.5.5.7.3.35"
certificate web "dtn://${name[a]}/" authority "extendedKeyUsage=clientAuth,serverAuth"
certificate b "dtn://${name[b]}/"
certificate false "dtn://someone/"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other \
  -keyout "$work/other.key" -out "$work/other.pem" 2>/dev/null
certificate unknown "dtn://${name[a]}/" other
listening="listen: [\"tcpcl://127.0.0.1:$port\"], neighbours: [\"dtn://${name[a]}/\"]"
dialling="neighbours: [\"dtn://${name[b]}/ tcpcl://127.0.0.1:$port\"]"
node b "$listening, $(secure b)"
start b
goes() { # text keys…: what a has besides its neighbour
  node a "$dialling, $2"
  start a
  until_true 20 is_figure a neighbours 1
  ctl a bundle send "dtn://${name[b]}/news" "$1"
  until_true 10 is_figure a forwarded 1
  stopped a
}
goes "sealed" "$(secure a)"
pin=$(openssl x509 -in "$work/b.pem" -noout -pubkey | openssl pkey -pubin -outform der | sha256sum | cut -d' ' -f1)
dialling="neighbours: [\"dtn://${name[b]}/ tcpcl://127.0.0.1:$port#pin=sha256:$pin\"]" goes "pinned" "$(secure a)"
is_turned_away() { # pattern keys
  : >"$work/b/log"
  node a "$dialling, $2"
  start a
  until_true 15 grep -qiE "$1" "$work/a/log" "$work/b/log"
  is_figure a neighbours 0 || fail "$1: a neighbour all the same"
  stopped a
}
is_turned_away "contact|certificate" "$(secure false)"
is_turned_away "certificate" "$(secure unknown)"
is_turned_away "not for bundles" "$(secure web)"
is_turned_away "certificate|alert" "tls: optional"
is_turned_away "TLS|broke|contact" "tls: never"
pin=${pin//[0-9]/0}
dialling="neighbours: [\"dtn://${name[b]}/ tcpcl://127.0.0.1:$port#pin=sha256:$pin\"]" is_turned_away "pinned" "$(secure a)"
stopped b
node b "$listening"
start b
goes "sealed by nobody's certificate" ""
goes "in the open" "tls: never"
stopped b
step "tls with certificates that name the node, with a pin, as it comes, and not at all"
for text in '"b tcpcl://127.0.0.1:1"' '"dtn://b/ http://127.0.0.1:1"' '"dtn://b/ tcpcl://127.0.0.1:0"'; do
  node c "neighbours: [$text]"
  does_not_start c "line .*neighbours: not a value"
done
step "what is no neighbour is told with its line"
node c 'source_quotas: ["ipn:4.0 a lot"]'
does_not_start c "line .*source_quotas: 'a' in .* is not a size"
node c "bundles: 5, source_bundles: 4, source_quotas: [\"dtn://c/ 64KiB 3\"], priority_quotas: [\"normal 1MiB 2\"], node: \"dtn://c/\""
start c
for number in 1 2; do ctl c bundle send dtn://far/away "number $number"; done
refuses "has no room for it" ctl c bundle send dtn://far/away "number 3"
shows 'quota total: [0-9]+ of 1073741824 bytes, 2 of 5 bundles' ctl c bundle stats
shows 'quota priority normal: [0-9]+ of 1048576 bytes, 2 of 2 bundles' ctl c bundle stats
shows 'quota source dtn://c/: [0-9]+ of 65536 bytes, 2 of 3 bundles' ctl c bundle stats
shows '"kind":"source","source":"dtn://c/","bytes":[0-9]+,"bundles":2,"byte_limit":65536,"bundle_limit":3' \
  ctl c bundle stats --json
stopped c
step "quotas of sources and priorities"
echo "all good"
