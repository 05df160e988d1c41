#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two real daemons over Unix sockets, driven with meshctl. Usage: run.sh MESHD MESHCTL PLUGIN_FOLDER
set -euo pipefail
cd "$(dirname "$0")/../../.."
meshd=$(realpath "${1:-build/bin/meshd}") meshctl=$(realpath "${2:-build/bin/meshctl}") plugins=$(realpath "${3:-build/plugins}")
work=$(mktemp -d /tmp/mesh-system.XXXXXX)
pids=()
finish() {
  code=$?
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  if ((code != 0)); then
    for log in "$work"/got "$work"/*/log; do echo "--- $log"; tail -40 "$log"; done
  fi
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT

fail() { echo "FAILED: $*" >&2; exit 1; }
step() { echo "ok: $*"; }
until_true() { # seconds command…
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || fail "never true: $*"
    sleep 0.05
  done
}

shows() { # pattern command…
  local pattern=$1 output; shift
  output=$("$@") || { echo "$* ended with $?: $output" >&2; return 1; }
  grep -q -- "$pattern" <<<"$output" || { echo "'$pattern' not in the output of '$*': $output" >&2; return 1; }
}

configure() { # name extra-yaml
  mkdir -p "$work/$1"
  chmod 700 "$work/$1"
  cat >"$work/$1/mesh.yaml" <<YAML
transport_priority: [unix]
node: { state: $work/$1/state, stop_timeout: 2s }
plugins: { directories: [$plugins], trust: any }
transports:
  unix: { listen: ["unix://$work/$1/link.sock"] }
control: { socket: $work/$1/client.sock, admin_socket: $work/$1/admin.sock }
log: { level: info, format: json }
${2:-}
YAML
}
start() { # name
  "$meshd" --config "$work/$1/mesh.yaml" 2>>"$work/$1/log" &
  pids+=($!)
  eval "pid_$1=$!"
  until_true 5 test -S "$work/$1/admin.sock"
  until_true 5 ctl "$1" status
}
ctl() { local name=$1; shift; "$meshctl" --socket "$work/$name/admin.sock" "$@"; }

configure a
configure b
"$meshd" --check --config "$work/a/mesh.yaml" >/dev/null || fail "--check refuses a good file"
step "--check takes a good file"

start a
start b
step "both answer"
[[ $(stat -c %a "$work/a/admin.sock") == 600 ]] || fail "mode of the admin socket"
[[ $(stat -c %a "$work/a/client.sock") == 660 ]] || fail "mode of the client socket"
[[ $(stat -c %a "$work/a/state/identity.key") == 600 ]] || fail "mode of the key"
step "modes of sockets and key"

until_true 5 test -S "$work/b/link.sock"
until_true 5 test -S "$work/a/link.sock"
ctl a peers add "$(ctl b id --invite)" --alias b >/dev/null || fail "peers add at a"
ctl b peers add "$(ctl a id --invite)" --alias a >/dev/null || fail "peers add at b"
until_true 10 shows connected ctl a peers
step "peers add, connected"

shows unix ctl a ping b --count 3 --interval 10ms
step "ping"

ctl b listen /demo/1 --count 3 >"$work/got" &
listener=$!
pids+=($listener)
until_true 5 ctl a send b --protocol /demo/1 one
shows delivered ctl a send b --protocol /demo/1 two
shows delivered ctl a send b --protocol /demo/1 three
wait "$listener" || fail "listen failed"
for word in one two three; do grep -q "$word" "$work/got" || fail "'$word' did not arrive: $(cat "$work/got")"; done
step "send and listen"

if ctl a send b --protocol /nobody/1 lost 2>/dev/null; then fail "a message that nobody serves was delivered"; fi
step "a protocol that nobody serves is refused"

shows unix ctl a why b
shows running ctl a transport
shows unix ctl a plugins
shows '^mesh_sessions 1' ctl a metrics
ctl a config show >/dev/null || fail "config show"
step "why, transport, plugins, metrics, config"

cp "$work/a/mesh.yaml" "$work/a/good"
echo "nonsense: true" >>"$work/a/mesh.yaml"
if ctl a reload 2>"$work/refusal"; then fail "a bad file was taken"; fi
grep -q nonsense "$work/refusal" || fail "the refusal does not name the key: $(cat "$work/refusal")"
kill -HUP "$pid_a"
ctl a ping b --count 1 >/dev/null || fail "the node does not go on after a bad reload"
if "$meshd" --check --config "$work/a/mesh.yaml" 2>/dev/null; then fail "--check takes a bad file"; fi
cp "$work/a/good" "$work/a/mesh.yaml"
ctl a reload >/dev/null || fail "a good file is refused after a bad one"
step "reload is all or nothing"

kill -TERM "$pid_b"
code=0; began=$SECONDS
wait "$pid_b" || code=$?
((code == 0)) || fail "SIGTERM: exit code $code"
((SECONDS - began <= 4)) || fail "SIGTERM took $((SECONDS - began)) s"
[[ ! -e $work/b/admin.sock ]] || fail "the socket was left behind"
step "SIGTERM ends it in order"

gone() { ! shows ' connected' ctl a peers; }
until_true 5 gone
start b
until_true 15 ctl b ping a --count 1 --timeout 1s
step "it comes back and knows its peers"

ctl b shutdown >/dev/null || fail "shutdown"
code=0
wait "$pid_b" || code=$?
((code == 0)) || fail "shutdown: exit code $code"
step "shutdown"
echo "all good"
