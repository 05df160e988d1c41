#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Rules and contact plans decide which way a bundle goes, and the echo service answers. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../../.."
source Tests/System/library.bash
source Tests/System/bundles/nodes.bash

# Three nodes in a row, with names that any other implementation would have.
cat >"$work/plan.yaml" <<'YAML'
contacts:
  - { from: "ipn:1.0", to: "ipn:2.0", start: +0s, end: +1h, rate: 1MB, both: true }
  - from: ipn:2.0
    to: ipn:3.0
    start: 2020-01-01T00:00:00Z
    end: 2090-01-01T00:00:00Z
    rate: 9600
    delay: 20ms
    confidence: 0.9
YAML
cat >"$work/plan.ionrc" <<'ION'
# the same for ION
a contact +0 +3600 1 2 1000000
a contact +0 +3600 2 1 1000000
a contact 2020/01/01-00:00:00 2090/01/01-00:00:00 2 3 9600
a contact 2020/01/01-00:00:00 2090/01/01-00:00:00 3 2 9600
a range 2020/01/01-00:00:00 2090/01/01-00:00:00 2 3 1
ION
at=$(free_port) front=$(free_port)
node b "node: \"ipn:2.0\", listen: [\"tcpcl://127.0.0.1:$at\", \"stcp://127.0.0.1:$front\"],
    neighbours: [\"ipn:1.0\", \"ipn:3.0\"], reports: [forwarded, deleted], routes: [\"ipn:* contacts\"], contacts: $work/plan.ionrc"
node a "node: \"ipn:1.0\", neighbours: [\"ipn:2.0 tcpcl://127.0.0.1:$at\"], routes: [\"ipn:* contacts\"],
    contacts: $work/plan.yaml"
node c "node: \"ipn:3.0\", neighbours: [\"ipn:2.0 tcpcl://127.0.0.1:$at\"], echo: \"ipn:3.7\",
    reports: [received, delivered], routes: [\"ipn:1.* via ipn:9.0 ipn:2.0\", \"dtn://* direct\"]"
for one in b a c; do start "$one"; done
until_true 20 is_figure b neighbours 2
"$meshctl" --socket "$work/a/admin.sock" bundle listen 1 >"$work/answers" 2>&1 &
pids+=($!)
ctl a bundle send ipn:3.7 "is anybody there" 600
until_true 20 grep -q "ipn:3.7: is anybody there" "$work/answers"
for one in a b c; do until_true 10 is_figure "$one" bundles 0; done
is_figure c echoed 1 || fail "echoed $(figure c echoed) times"
step "by a contact plan there, by a rule back, and the echo service answers"

[[ -z $(ctl a bundle reports) ]] || fail "reports that nobody asked for: $(ctl a bundle reports)"
refuses 'not a list of received' ctl a bundle send ipn:3.7 text 600 soon
ctl a bundle send ipn:3.7 "what becomes of it" 600 all
has_reports() { [[ $(ctl a bundle reports | wc -l) == "$1" ]]; }
until_true 20 has_reports 3
shows '^ipn:2.0: ipn:1.1-[0-9]+-[0-9]+ forwarded at 20' ctl a bundle reports
shows '^ipn:3.0: .* received at' ctl a bundle reports
shows '^\{"from":"ipn:3.0","heard":[0-9]+,"delivered":[0-9]+,"bundle":"ipn:1.1-.*","reason":0\}' ctl a bundle reports --json
ctl a bundle send ipn:2.9 "read by nobody" 5 deleted
until_true 20 has_reports 4
shows 'deleted at .*lifetime expired' ctl a bundle reports
for one in b a c; do until_true 10 is_figure "$one" bundles 0; done
step "status reports where they are allowed"

shows 'ipn:2.0 -> ipn:3.0 .*9600 B/s .*20 ms .*now' ctl a dtn contacts
[[ $(ctl a dtn contacts | wc -l) == 3 ]] || fail "$(ctl a dtn contacts)"
shows '"from":"ipn:3.0","to":"ipn:2.0".*"delay_ms":1000' ctl b dtn contacts --json
shows 'contact: .*ipn:2.0 -> ipn:3.0' ctl a dtn routes ipn:3.7
shows 'neighbours: ipn:2.0' ctl a dtn routes ipn:3.7
shows 'none leads there' ctl a dtn routes ipn:8.1
shows '"by":"via ipn:9.0 ipn:2.0","neighbours":\["ipn:2.0"\]' ctl c dtn routes ipn:1.5 --json
shows '^dtn://\*  direct' ctl c dtn routes
refuses 'not an endpoint' ctl a dtn routes nonsense
step "meshctl dtn contacts and routes"

# Rules, plan and neighbours of a running node.
pid_before=${pid_of[c]}
reloads() { # name sed-words…: changes the file of a node and waits until the transport has taken it
  local one=$1 before; shift
  before=$(grep -c 'transport_configured' "$work/$one/log" || true)
  sed -i "$@" "$work/$one/mesh.yaml"
  kill -HUP "${pid_of[$one]}"
  taken() { (($(grep -c 'transport_configured' "$work/$one/log") > before)); }
  until_true 10 taken
}
ctl c bundle send ipn:8.1 "by a rule to come" 600
reloads c 's/"ipn:1\.\* via ipn:9\.0 ipn:2\.0"/"ipn:1.* via ipn:2.0", "ipn:8.* via ipn:2.0"/'
shows '^ipn:8.\*  via ipn:2.0' ctl c dtn routes
until_true 10 is_figure c bundles 0
shows 'ipn:3.1 -> ipn:8.1' ctl b bundle list
ctl b bundle cancel "$(ctl b bundle list ipn:8.1 | awk '{ print $1 }')"
sed -i 's/rate: 9600/rate: 4800/' "$work/plan.yaml"
ctl a dtn reload
shows 'ipn:2.0 -> ipn:3.0 .*4800 B/s' ctl a dtn contacts
echo "contacts: nonsense" >"$work/plan.yaml"
refuses 'plan.yaml:1:' ctl a dtn reload
shows 'ipn:2.0 -> ipn:3.0 .*4800 B/s' ctl a dtn contacts
reloads b 's/"ipn:3\.0"/"ipn:5.0"/'
until_true 10 is_figure b neighbours 1
reloads b 's/"ipn:5\.0"/"ipn:3.0"/'
until_true 20 is_figure b neighbours 2
kill -0 "$pid_before" || fail "c was restarted"
step "rules, plan and neighbours change while nodes run"

for one in b a c; do stopped "$one"; done

# A bundle on disk is shown without a daemon, and so is anything else.
ctl a bundle list >/dev/null 2>&1 && fail "a still answers"
printf 9f88071844008202820301820100820100821b000000b5998c982b011a000493e08501010100 >"$work/digits"
printf 4454455354ff >>"$work/digits"
shows 'primary block, byte 1' "$meshctl" bundle decode "$work/digits"
shows 'not valid: .*checksum' "$meshctl" bundle decode "$work/digits"
shows '^{"bytes":' "$meshctl" bundle decode "$meshctl" --json
shows 'not valid' "$meshctl" bundle decode - <"$work/plan.yaml"
refuses 'cannot be opened' "$meshctl" bundle decode "$work/nothing"
step "meshctl bundle decode"

refused() { # text-of-the-plan pattern
  printf '%s\n' "$1" >"$work/bad.yaml"
  node d "routing: contacts, contacts: $work/bad.yaml"
  sed -i 's/routing: direct, //' "$work/d/mesh.yaml"
  does_not_start d "$2"
}
refused 'contacts: [{ from: "ipn:1.0", to: "ipn:2.0", start: +0s, end: +1h }]' 'bad.yaml:1:.*contacts\[0\].rate: is missing'
refused $'contacts:\n  - { from: "ipn:1.0", to: "b", start: +0s, end: +1h, rate: 1 }' "bad.yaml:2:.*contacts\[0\].to: found 'b'"
refused $'contacts:\n  - { from: "ipn:1.0", to: "ipn:2.0", start: +1h, end: +1s, rate: 1 }' "bad.yaml:2:.*ends before it begins"
refused $'contacts:\n  - { from: "ipn:1.0", to: "ipn:2.0", start: noon, end: +1s, rate: 1 }' "bad.yaml:2:.*start: found 'noon'"
refused $'contact:\n  - 1' "bad.yaml:1:1: contact: unknown key"
printf 'a contact +1 +0 1 2 5\n' >"$work/bad.rc"
node d "routes: [\"* contacts\"], contacts: $work/bad.rc"
does_not_start d "bad.rc:1:.*before it begins"
node d 'routes: ["ipn:1.* by luck"]'
does_not_start d "line .*routes: 'by' is no protocol"
node d 'routes: ["* contacts"]'
does_not_start d "needs the key contacts"
node d 'echo: "ipn:3.7"'
does_not_start d "echo: ipn:3.7 is not on the node"
step "what is wrong with a plan, a rule or a service is told with its place"

# BPSec between two nodes, with a key that both have and with one that only one has.
for one in sign hide wrong; do (umask 077 && openssl rand -hex 32 >"$work/$one.key"); done
at=$(free_port)
secured() { # key-to-verify
  node e "node: \"ipn:5.0\", neighbours: [\"ipn:6.0 tcpcl://127.0.0.1:$at\"],
    security: [\"sign ipn:6.* $work/sign.key\", \"encrypt ipn:6.* $work/hide.key\"]"
  node f "node: \"ipn:6.0\", listen: [\"tcpcl://127.0.0.1:$at\"], neighbours: [\"ipn:5.0\"], reports: [deleted],
    security: [\"verify ipn:5.* $work/$1.key\", \"decrypt ipn:5.* $work/hide.key\"]"
  start f
  start e
  until_true 20 is_figure e neighbours 1
  ctl e bundle send ipn:6.1 "for your eyes $1" 600 deleted
}
secured sign
"$meshctl" --socket "$work/f/admin.sock" bundle listen 1 >"$work/opened" 2>&1 &
pids+=($!)
until_true 20 grep -q "ipn:5.1: for your eyes sign" "$work/opened"
is_figure f insecure 0 || fail "refused: $(ctl f bundle stats)"
stopped e
stopped f
secured wrong
until_true 20 at_least f insecure 1
until_true 10 grep -q 'is refused: its signature or encryption does not fit the key' "$work/f/log"
until_true 10 shows 'ipn:6.0: .* deleted .*security failed' ctl e bundle reports
[[ -z $(ctl f bundle list ipn:6.1) ]] || fail "kept all the same: $(ctl f bundle list)"
# Another key in the same file; one that is none changes nothing.
(umask 077 && echo "not a key" >"$work/wrong.key")
! ctl f dtn reload >"$work/reload" 2>&1 || fail "a file without a key was taken"
grep -q "$work/wrong.key is not a key" "$work/reload" || fail "said: $(<"$work/reload")"
cp "$work/sign.key" "$work/wrong.key"
ctl f dtn reload || fail "the keys were not read again"
ctl e bundle send ipn:6.1 "with the key of today" 600
"$meshctl" --socket "$work/f/admin.sock" bundle listen 1 >"$work/opened" 2>&1 &
pids+=($!)
until_true 20 grep -q "ipn:5.1: with the key of today" "$work/opened"
# Keys are part of the rules, and these can change with the configuration.
sed -i "s|, \"decrypt ipn:5.*\"||; s|\"verify ipn:5.* $work/wrong.key\"|\"verify ipn:5.* $work/hide.key\"|" "$work/f/mesh.yaml"
ctl f reload || fail "the rules were not taken"
refused=$(figure f insecure)
ctl e bundle send ipn:6.1 "by another rule" 600
until_true 20 at_least f insecure $((refused + 1))
stopped e
stopped f
chmod 640 "$work/wrong.key"
node d "security: [\"verify ipn:1.* $work/wrong.key\"]"
does_not_start d "line .*security: .*chmod 600 $work/wrong.key"
echo "not a key" >"$work/sign.key"
node d "security: [\"sign ipn:1.* $work/sign.key\"]"
does_not_start d "security: $work/sign.key is not a key"
node d "security: [\"trust ipn:1.* $work/hide.key\"]"
does_not_start d "'trust' is not sign"
! grep -rqF "$(<"$work/hide.key")" "$work"/*/log || fail "a key is in a log"
step "bundles are signed and encrypted, refused with another key, and taken when the key has changed"
# A node on the way that takes small bundles only: what is larger goes through it in fragments.
to_e=$(free_port) to_g=$(free_port) to_h=$(free_port)
node e "node: \"ipn:5.0\", lenient: true, listen: [\"stcp://127.0.0.1:$to_e\"],
  neighbours: [\"ipn:7.0 tcpcl://127.0.0.1:$to_g\"], routes: [\"ipn:8.* via ipn:7.0\"]"
node g "node: \"ipn:7.0\", lenient: true, largest: 4096, listen: [\"tcpcl://127.0.0.1:$to_g\"],
  neighbours: [\"ipn:5.0\", \"ipn:8.0 tcpcl://127.0.0.1:$to_h\"]"
node h "node: \"ipn:8.0\", lenient: true, listen: [\"tcpcl://127.0.0.1:$to_h\"], neighbours: [\"ipn:7.0\"]"
for one in h g e; do start "$one"; done
until_true 20 is_figure e neighbours 1
text=$(head -c 24000 /dev/urandom | base64 -w0)
python3 - "$to_e" "$text" <<'PYTHON'
import socket, struct, sys, time
now = int((time.time() - 946684800) * 1000)
primary = bytes.fromhex("8807000082028208018202820901820100821b") + struct.pack(">Q", now) + bytes.fromhex("011a000927c0")
bundle = b"\x9f" + primary + b"\x85\x01\x01\x00\x00\x59" + struct.pack(">H", len(sys.argv[2])) + sys.argv[2].encode() + b"\xff"
socket.create_connection(("127.0.0.1", int(sys.argv[1]))).sendall(struct.pack(">I", len(bundle)) + bundle)
PYTHON
"$meshctl" --socket "$work/h/admin.sock" bundle listen 1 >"$work/whole" 2>&1 &
pids+=($!)
has_line() { (($(wc -l <"$1") > 0)); } # file
until_true 20 has_line "$work/whole"
[[ $(<"$work/whole") == "ipn:9.1: $text" ]] || fail "another text: $(head -c 200 "$work/whole")"
for one in g h; do until_true 10 is_figure "$one" bundles 0; done
has_no_copy() { [[ -z $(ctl "$1" bundle list "$2") ]]; } # name endpoint
until_true 20 has_no_copy e ipn:8.1
at_least g received 8 || fail "it came in $(figure g received) pieces"
for one in h g e; do stopped "$one"; done
step "a large bundle goes in fragments through a node that takes small ones"
echo "all good"
