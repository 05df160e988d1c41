#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bad visitors of every kind at a node with two honest peers: messages go on, somebody new gets in, and afterwards nothing
# is left of the visitors. Called by `make test`. Says p50 and p99 of pings before and during.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
memory_limit=131072
port=$(free_port)

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
configure_htx b "listen: [\"htx+tcp://127.0.0.1:$port\"], site: $work/www, header_timeout: 2s, body_timeout: 2s, \
send_timeout: 2s, idle_timeout: 2s, handshake_timeout: 3s"
start b
address=$(ctl b --json htx ticket "htx+tcp://127.0.0.1:$port" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["address"])')
for name in a c d; do
  configure_htx $name ""
  start $name
  ctl b peers add "$(ctl $name id --invite)" --alias $name >/dev/null
done
for name in a c; do
  ctl $name peers add "$(ctl b id --invite --address "$address")" --alias b >/dev/null
  until_true 15 ctl $name ping b --count 1
done

pings() { # what: p50 and p99 of pings by both, at once
  local name
  for name in a c; do
    ctl $name --json ping b --count 200 --interval 20ms --timeout 5s >"$work/$name.pings" 2>&1 &
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
processor() { awk '{ print ($14 + $15) * 10 }' "/proc/${pid_of[b]}/stat"; } # milliseconds
figure() { ctl b metrics | sed -n "s/^mesh_plugin_$1\(_total\)\?{.*} //p"; }

pings before
for round in 1 2; do
  # What is measured is the node, and not how the processor is shared with its abusers.
  nice -n 15 python3 Tests/System/visitors/abuse.py "$port" 7 >"$work/abuse.$round" 2>&1 &
  abuse=$! spent=$(processor)
  pids+=($abuse)
  sleep 0.5
  if ((round == 1)); then
    ctl d peers add "$(ctl b id --invite --address "$address")" --alias b >/dev/null
    until_true 8 ctl d ping b --count 1 --timeout 2s
    step "somebody new gets in meanwhile"
  fi
  pings "during round $round"
  wait $abuse || fail "the visitors fell ill: $(cat "$work/abuse.$round")"
  step "$(cat "$work/abuse.$round"), and $(($(processor) - spent)) ms of processor for the node"
  kill -0 "${pid_of[b]}" || fail "b is dead"
  until_true 20 bash -c "((\$('$meshctl' --socket '$work/b/admin.sock' metrics |
    sed -n 's/^mesh_plugin_connections{.*} //p') == 3))"
  remains[round]=$(resident b)
done
(($(figure visitors_displaced) > 10)) || fail "nobody had to go"
step "$(figure visitors) visitors, $(figure visitors_displaced) displaced; all of them are gone"
((remains[2] < remains[1] + 8192)) || fail "memory grows: ${remains[*]} KiB"
well b a "two rounds of abuse, ${remains[1]} and ${remains[2]} KiB"
[[ $(curl --silent --insecure --max-time 10 "https://127.0.0.1:$port/") == '<p>nothing to see</p>' ]] || fail "no page"
step "the site is still there"
