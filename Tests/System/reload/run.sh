#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a reload changes in a running node, what a bad file does not, metrics as Prometheus reads them, and a machine
# whose network and clock change. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
port=$(free_port)
metrics=$(free_port)
configure b
configure c
configure a "" "metrics: { listen: \"127.0.0.1:$metrics\" }"
start a
start b
start c
acquaint a b
ctl c peers add "$(ctl a id --invite)" --alias a >/dev/null
until_true 10 ctl a ping b --count 1
cp "$work/a/mesh.yaml" "$work/good"
logged() { grep -qE -- "$1" "$work/a/log"; }
hang_up() { kill -HUP "${pid_of[a]}"; }
reloads() { grep -c 'info *reloaded' "$work/a/log" || true; }
takes() { # what it does to the file on standard input, as sed does it
  local before
  before=$(reloads)
  sed -i "$@" "$work/a/mesh.yaml"
  hang_up
  more() { (($(reloads) > before)); }
  until_true 10 more
}

# A good file.
takes 's/level: info/level: debug/'
ctl a config show | grep -q 'level: debug' || fail "config show has the old level"
well a b "SIGHUP: the log level"
takes '/^log:/a peers: [{ id: '"$(ctl c id)"', name: carol, addresses: ["unix://'"$work"'/c/link.sock"] }]'
until_true 10 ctl a ping carol --count 1
until_true 5 logged ' debug +link_up'
well a b "SIGHUP: a new peer"
takes '$a policy: { bulk: { weight: 77, forbid: [unix] } }'
ctl a config show | grep -q 'weight: 77' || fail "config show has the old weight"
well a b "SIGHUP: weights and rules of classes"
takes "s|websocket: .*|websocket: { listen: [\"ws://127.0.0.1:$port/mesh\"] }|"
until_true 10 shows "127.0.0.1:$port" ctl a transport
takes 's|\[websocket, unix\]|[websocket]|; /^  unix: /d'
until_true 10 shows 'websocket .*running' ctl a transport
! ctl a transport | grep -q '^unix' || fail "a transport that the file has no more runs on"
until_true 15 ctl b ping a --count 1 --timeout 1s
until_true 15 chosen b a websocket
step "SIGHUP: a listener more, a transport less, and the peers move"
takes 's|\[websocket\]|[websocket, unix]|; /^  websocket: /a\  unix: { listen: ["unix://'"$work"'/a/link.sock"] }'
until_true 10 shows 'unix .*running' ctl a transport
well a b "SIGHUP: a transport more"
takes "s|folder: .*/a/received|max_size: 1KiB, folder: $work/a/elsewhere|"
head -c 5000 /dev/urandom >"$work/file"
refuses 'at most 1024 are taken' ctl b cp "$work/file" a:
takes 's|max_size: 1KiB|max_size: 1MiB|'
ctl b cp "$work/file" a:first >/dev/null
[[ $(hash_of "$work/file") == "$(hash_of "$work/a/elsewhere/first")" ]] || fail "the file is not in the new folder"
takes 's|allow: \[.*\]|allow: [carol]|'
refuses 'does not take files from this node' ctl b cp "$work/file" a:second
: >"$work/no-folder"
takes "s|allow: \[.*\]|allow: [\"*\"]|; s|folder: .*/a/elsewhere|folder: $work/no-folder|"
until_true 5 logged 'files_not_taken .*no-folder.*former_folder_stays=true'
ctl b cp "$work/file" a:third >/dev/null
[[ -s $work/a/elsewhere/third ]] || fail "the former folder does not stay"
takes '/^protocols:/d; /mesh.file/d'
refuses 'the peer takes no files' ctl b cp "$work/file" a:fourth
well a b "SIGHUP: size, folder, allow list and end of received files"

# A file with a mistake changes nothing and says so; a change that needs a restart says so too.
cp "$work/good" "$work/a/mesh.yaml"
takes 's/level: info/level: info/'
for mistake in 'log: { level: loud }' 'nod: {}' 'node: { max_peers: 0 }' 'transports: [' 'peers: [{ id: mesh1x }]'; do
  before=$(reloads)
  { grep -v '^log:' "$work/good"; echo "$mistake"; } >"$work/a/mesh.yaml"
  : >"$work/a/log"
  hang_up
  until_true 10 logged 'configuration_refused text='
  (($(reloads) == 0)) || fail "'$mistake' was taken"
  refuses 'Nothing was changed|mesh.yaml:' ctl a reload
done
mv "$work/a/mesh.yaml" "$work/a/away"
: >"$work/a/log"
hang_up
until_true 10 logged 'configuration_refused .*no such file'
ctl a config show | grep -q 'level: info' || fail "the old configuration does not stay"
well a b "SIGHUP with mistakes: the old configuration stays, the log says why"
cp "$work/good" "$work/a/mesh.yaml"
takes 's|state: [^,]*,|state: '"$work"'/other,|'
until_true 5 logged 'restart_needed keys=.*node.state'
cp "$work/good" "$work/a/mesh.yaml"
takes ''
for _ in {1..50}; do hang_up; done
well a b "SIGHUP fifty times"

# Metrics.
timeout 60 python3 Tests/System/reload/metrics.py "$metrics" || fail "metrics"
well a b "metrics as Prometheus reads them, and nonsense at their listener"
sed "s/listen: \"127.0.0.1:/listen: \"0.0.0.0:/" "$work/good" >"$work/remote.yaml"
refuses 'metrics.listen: found .*; expected a loopback address' "$meshd" --check --config "$work/remote.yaml"
step "a metrics listener for everyone needs to be asked for"
echo "all good"
