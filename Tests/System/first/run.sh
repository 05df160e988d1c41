#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a stranger does first: the README's configuration as it stands, a second daemon beside the first one, two nodes
# introduced in the wrong order, and mistakes whose sentences have to say what to do. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
umask 022
readme=$work/readme
mkdir -m 700 "$readme"
export XDG_STATE_HOME=$readme/state XDG_RUNTIME_DIR=$readme/run
mkdir -m 700 "$XDG_STATE_HOME" "$XDG_RUNTIME_DIR"
port=$(free_port)
sed -n '/^## A first configuration/,/^## A first program/{/^```yaml/,/^```$/p}' README.md | sed '/^```/d' |
  sed -e "s/:8080/:$port/g" -e 's/0\.0\.0\.0/127.0.0.1/' >"$readme/mesh.yaml"
# Root's own daemon would use the folders of the machine.
cat >>"$readme/mesh.yaml" <<YAML
node: { state: $readme/state }
control: { socket: $readme/client.sock, admin_socket: $readme/admin.sock }
YAML

output=$("$meshd" --check --config "$readme/mesh.yaml" 2>&1) || fail "the README's configuration: $output"
[[ $output == *good* && $output != *warning* ]] || fail "the README's configuration has warnings: $output"
start readme
for plugin in websocket unix; do
  until_true 5 shows "^$plugin .* running .*/mesh_$plugin.so" ctl readme plugins
done
until_true 5 shows "listening.*127.0.0.1:$port" cat "$readme/log"
step "the README's configuration starts both of its transports from the tree"

sed -e "s|$readme/client.sock|$readme/other.sock|; s|$readme/admin.sock|$readme/other-admin.sock|" \
  -e '/^transports:/,/^protocols:/{/websocket:/d;/^transports:/d}' "$readme/mesh.yaml" >"$readme/second.yaml"
refuses "another node runs with the state folder '$readme/state'; .*node.state" \
  timeout 10 "$meshd" --config "$readme/second.yaml"
sed -e "s|$readme/admin.sock|$readme/other-admin.sock|; s|state: .*}|state: $readme/other }|" \
  -e '/^transports:/,/^protocols:/{/websocket:/d;/^transports:/d}' "$readme/mesh.yaml" >"$readme/third.yaml"
refuses "another daemon listens at '$readme/client.sock'" timeout 10 "$meshd" --config "$readme/third.yaml"
[ ! -e "$readme/other-admin.sock" ] || fail "a daemon that did not start has left a socket"
murder readme
start readme
step "a state folder has one node, and a crash leaves it free"

configure shop 'listen: ["ws://127.0.0.1:'"$(free_port)"'/mesh"]'
configure guest ''
sed -i '/^  unix:/d' "$work/shop/mesh.yaml" "$work/guest/mesh.yaml"
start shop
start guest
ctl guest peers add --alias shop "$(ctl shop id --invite)" >/dev/null
until_true 10 shows "unreachable: every path failed.*this node is not on the peer's access list" ctl guest why shop
ctl shop peers add --alias guest "$(ctl guest id --invite)" >/dev/null
# By itself the guest tries again within minutes, where the machine was slow and it has been refused several times.
ctl guest peers add --alias shop "$(ctl shop id --invite)" >/dev/null
until_true 40 shows '^shop +connected' ctl guest peers
step "whoever alone can dial may be introduced first"

ctl shop transport disable websocket >/dev/null
output=$(ctl shop transport enable websocket)
[[ $output != *failed* ]] || fail "a transport that starts again is shown as failed: $output"
until_true 10 shows '^websocket .* running' ctl shop transport
refuses "there is no transport 'nope'" ctl shop transport abort --transport nope
refuses "no link is up over 'unix'" ctl shop transport abort --transport unix
step "transports are switched off and on"

refuses "unknown command 'htx': .* no plugin that runs brings one" ctl shop htx ticket
shows '^transport_priority|^node:|^plugins:|^transports:' ctl shop config
shows MESH_E_TIMEOUT "$meshctl" explain -10
step "commands say what is missing"

mkdir -m 700 "$work/wrong"
cat >"$work/wrong/mesh.yaml" <<YAML
plugins: { directories: [$plugins], trust: any }
node: { state: $work/wrong/state }
control: { socket: $work/wrong/client.sock, admin_socket: $work/wrong/admin.sock }
transports:
  unix: { listen: ["unix://link.sock"] }
  websocket: { listen: ["ws://localhost:8080/mesh"] }
  htx: { certificate: $work/wrong/missing.pem, listen: ["htx://127.0.0.1:$(free_port)"] }
YAML
cat >"$work/wrong/check.yaml" <<YAML
plugins: { directories: [$plugins, $work/missing], trust: any }
transports:
  unix: { listen: ["ws://127.0.0.1:8080/mesh"] }
  pigeon: {}
YAML
for pattern in "plugins.directories: '$work/missing' cannot be read: No such file" \
  "transports.unix.listen: 'ws://127.0.0.1:8080/mesh' is none of the plugin 'unix', whose addresses begin with unix:" \
  "transports.pigeon: .*there is no mesh_pigeon.so in $plugins"; do
  shows "$pattern" "$meshd" --check --config "$work/wrong/check.yaml"
done
start wrong
until_true 10 shows "unix .*unix:///ABSOLUTE/PATH.*MESH_E_ADDRESS" ctl wrong transport
shows "websocket .*an IP address and a port.*MESH_E_ADDRESS" ctl wrong transport
shows "htx .*certificate and key go together.*MESH_E_CONFIG" ctl wrong transport
step "a transport that does not start says why where one looks"

configure site ''
sed -i "s|^transports:|&\n  htx: { listen: [\"htx://127.0.0.1:$(free_port)\"] }|; s/^transport_priority: .*/transport_priority: [htx]/" \
  "$work/site/mesh.yaml"
start site
until_true 10 shows 'htx .*ticket=' ctl site transport
refuses "htx ticket.*MESH_E_INVALID" ctl site htx ticket nonsense
grep -q '"\?listening' "$work/site/log" || fail "the log does not say where htx listens"
! grep -q 'ticket=' "$work/site/log" || fail "the key of the tickets is in the log"
step "the key of the tickets is shown to the operator and not to the log"
mkdir "$work/small"
if mount -t tmpfs -o size=1m tmpfs "$work/small" 2>/dev/null; then
  configure full ''
  sed -i "s|state: [^,]*,|state: $work/small/state,|" "$work/full/mesh.yaml"
  start full
  head -c 2000000 /dev/zero >"$work/small/fill" 2>/dev/null || true
  refuses "cannot be saved in $work/small/state: No space left on device" \
    ctl full peers add --alias guest "$(ctl guest id --invite)"
  [[ -z $(find "$work/small/state" -name '*.new') ]] || fail "a full disk keeps halves: $(ls "$work/small/state")"
  murder full
  refuses "incarnation' cannot be written: No space left" timeout 10 "$meshd" --config "$work/full/mesh.yaml"
  rm "$work/small/fill"
  start full
  step "a full disk is told, and nothing half stays on it"
else
  echo "skipped: a full disk (no right to mount)"
fi
echo "all good"
