#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bad visitors of every kind at a node with two honest peers: messages go on, somebody new gets in, and afterwards nothing
# is left of the visitors. First over TCP, then over QUIC. Called by `make test`. Says p50 and p99 of pings before and during.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
memory_limit=131072
swift build -c release --product quic-visitors >"$work/build.log" 2>&1 || fail "quic-visitors: $(tail -5 "$work/build.log")"

configure_htx() { # name htx-keys
  mkdir -p -m 700 "$work/$1"
  cat >"$work/$1/mesh.yaml" <<YAML
transport_priority: [htx]
node: { state: $work/$1/state, stop_timeout: 1s }
plugins: { directories: [$plugins], trust: any }
transports:
  htx: { $2 }
control: { socket: $work/$1/client.sock, admin_socket: $work/$1/admin.sock }
log: { level: warning, format: text }
YAML
}
mkdir -p "$work/www"
echo '<p>nothing to see</p>' >"$work/www/index.html"
head -c 300000 /dev/urandom >"$work/www/data.bin"

pings() { # what: p50 and p99 of pings by both, at once
  local name
  for name in a c; do
    ctl $name-$2 --json ping b --count 200 --interval 20ms --timeout 5s >"$work/$name.pings" 2>&1 &
    pids+=($!)
  done
  wait "${pids[-1]}" "${pids[-2]}" || fail "messages stopped $1: $(tail -3 "$work/a.pings" "$work/c.pings")"
  python3 - "$1" "$work/a.pings" "$work/c.pings" <<'PYTHON'
import json, sys
times = []
for path in sys.argv[2:]:
    for line in open(path):
        if "round_trip" in (reply := json.loads(line)):
            times.append(reply["round_trip"] / 1e6)
assert len(times) >= 400, f"{len(times)} answers"
times.sort()
p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
print(f"ok: pings {sys.argv[1]}: p50 {p50:.2f} ms, p99 {p99:.2f} ms, {len(times)} of 400")
assert p99 < 2000, "messages stand still"
PYTHON
}
processor() { awk '{ print ($14 + $15) * 10 }' "/proc/${pid_of[$1]}/stat"; } # milliseconds
figure() { ctl "$1" metrics | sed -n "s/^mesh_plugin_$2\(_total\)\?{.*} //p"; } # name figure
alone() { (($(figure "$1" connections) == 3)); }

# scheme suffix abusers…: two rounds of abuse of a node with two peers, and a third that comes in the first of them
abused() {
  local scheme=$1 kind=$2 port address name b=b-$2 round abuse spent remains=()
  shift 2
  port=$(free_port)
  configure_htx "$b" "listen: [\"$scheme://127.0.0.1:$port\"], site: $work/www, header_timeout: 2s, body_timeout: 2s, \
send_timeout: 2s, idle_timeout: 2s, handshake_timeout: 3s"
  start "$b"
  address=$(ctl "$b" --json htx ticket "$scheme://127.0.0.1:$port" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["address"])')
  PIN=${address#*sha256:}
  KEY=$(python3 -c 'import base64, re, sys; print(base64.urlsafe_b64decode(
re.search("ticket=([^&]*)", sys.argv[1])[1] + "==")[:8].hex())' "$address")
  export PIN KEY
  for name in a c d; do
    configure_htx "$name-$kind" "fallback_minimum: 10s, fallback_maximum: 10s, keepalive_minimum: 300ms, keepalive_maximum: 900ms"
    start "$name-$kind"
    ctl "$b" peers add "$(ctl "$name-$kind" id --invite)" --alias "$name" >/dev/null
  done
  for name in a c; do
    ctl "$name-$kind" peers add "$(ctl "$b" id --invite --address "$address")" --alias b >/dev/null
    until_true 15 ctl "$name-$kind" ping b --count 1
  done
  pings before "$kind"
  for round in 1 2; do
    # What is measured is the node, and not how the processor is shared with its abusers.
    nice -n 15 "$@" "$port" 7 >"$work/abuse.$kind.$round" 2>&1 &
    abuse=$! spent=$(processor "$b")
    pids+=($abuse)
    sleep 0.5
    if ((round == 1)); then
      ctl "d-$kind" peers add "$(ctl "$b" id --invite --address "$address")" --alias b >/dev/null
      until_true 8 ctl "d-$kind" ping b --count 1 --timeout 2s
      step "somebody new gets in meanwhile"
    fi
    pings "during round $round" "$kind"
    wait $abuse || fail "the visitors fell ill: $(cat "$work/abuse.$kind.$round")"
    step "$(cat "$work/abuse.$kind.$round"), and $(($(processor "$b") - spent)) ms of processor for the node"
    kill -0 "${pid_of[$b]}" || fail "$b is dead"
    until_true 20 alone "$b"
    remains[round]=$(resident "$b")
  done
  (($(figure "$b" visitors_displaced) > 10)) || fail "nobody had to go"
  step "$(figure "$b" visitors) visitors, $(figure "$b" visitors_displaced) displaced; all of them are gone"
  ((remains[2] < remains[1] + 8192)) || fail "memory grows: ${remains[*]} KiB"
  well "$b" a "two rounds of abuse over $scheme, ${remains[1]} and ${remains[2]} KiB"
  [[ $(curl --silent --insecure --max-time 10 "https://127.0.0.1:$port/") == '<p>nothing to see</p>' ]] || fail "no page"
  step "the site is still there"
  for name in a c d; do
    [[ $scheme == htx+tcp ]] || (($(figure "$name-$kind" links_over_quic) == 1)) || fail "the link of $name is not over QUIC"
    kill -KILL "${pid_of[$name-$kind]}"
  done
  kill -KILL "${pid_of[$b]}"
}
abused htx+tcp tcp python3 Tests/System/visitors/abuse.py
abused htx quic .build/release/quic-visitors
