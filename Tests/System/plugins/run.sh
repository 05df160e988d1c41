#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plugins that are broken, each in its own way: the node runs on, and `meshctl plugins` says why. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
chmod 755 "$work"
plugin_folder=$work/plugins
mkdir -m 755 "$plugin_folder"
cp "$plugins/mesh_unix.so" "$plugin_folder"
broken() { # id macro…: a plugin that misbehaves
  local id=$1; shift
  cc -std=gnu11 -shared -fPIC -pthread -Iinclude "-DPLUGIN_ID=\"$id\"" "${@/#/-D}" -o "$plugin_folder/mesh_$id.so" \
    Tests/Plugins/Hostile/hostile.c Tests/Plugins/Hostile/acts.c Tests/Plugins/Hostile/lanes.c
  chmod 755 "$plugin_folder/mesh_$id.so"
}
broken major 'NOTE_ABI="2.0"' &
broken noentry NO_ENTRY &
broken entryerror ENTRY_RESULT=-28 &
broken writable &
broken foreign &
broken undefined UNDEFINED &
broken nonote NO_NOTE &
broken cut &
wait
broken missing MISSING=transmit &
broken nostart BROKEN_START &
broken crashload LOAD_CRASHES &
broken crashcreate CREATE_CRASHES &
broken crashstart START_CRASHES &
broken misnamed 'NOTE_ID="other"' &
wait
chmod 757 "$plugin_folder/mesh_writable.so"
head -c 20000 /dev/urandom >"$plugin_folder/mesh_noise.so"
truncate -s 12000 "$plugin_folder/mesh_cut.so"
: >"$plugin_folder/mesh_empty.so"
ln -s "$plugin_folder/mesh_unix.so" "$plugin_folder/mesh_link.so"
mkdir "$plugin_folder/mesh_folder.so"
mkfifo "$plugin_folder/mesh_pipe.so"
chmod 644 "$plugin_folder"/mesh_{noise,cut,empty}.so
((EUID != 0)) || chown 4242 "$plugin_folder/mesh_foreign.so"
ids=(major noentry entryerror writable undefined nonote missing nostart misnamed noise cut empty link folder pipe absent)
((EUID != 0)) || ids+=(foreign)

more="transports:
  unix: { listen: [\"unix://$work/a/link.sock\"] }
$(printf '  %s: {}\n' "${ids[@]}")"
configure a "" "" && configure b
# One map of transports: the library's is replaced.
python3 - "$work/a/mesh.yaml" "$more" <<'PY'
import re, sys
text = open(sys.argv[1]).read()
text = re.sub(r"transport_priority:.*\n", "", text)
open(sys.argv[1], "w").write(re.sub(r"(?s)transports:.*?(?=control:)", sys.argv[2] + "\n", text))
PY
sed -i '/websocket: /d; s/\[websocket, unix\]/[unix]/' "$work/b/mesh.yaml"
start a
start b
acquaint a b
until_true 10 ctl a ping b --count 1
well a b "the node runs with ${#ids[@]} broken plugins"

says() { # id state reason
  local row
  row=$(ctl a plugins | grep -E "^$1 ") || fail "no row for $1: $(ctl a plugins)"
  grep -qE -- " $2 .*$3" <<<"$row" || fail "the row of $1 is not '$2 … $3': $row"
  step "$1: $3"
}
says major refused 'built for ABI 2.0; this host has 1'
says noentry failed 'does not export mesh_plugin_entry_v1'
says entryerror failed 'the entry function answers INTERNAL'
says writable refused 'can be written by its group or by everyone .chmod go-w'
((EUID != 0)) || says foreign refused 'belongs to user 4242, not to root or the user of this process'
says undefined failed 'undefined symbol: nobody_has_this_function'
says nonote refused 'note'
says missing failed 'has no function .transmit'
says nostart failed 'cannot start'
says misnamed refused 'the note says .other., the file.s name .misnamed'
says noise refused 'not an ELF file'
says cut refused 'the file is cut off; copy it again'
says empty refused 'not an ELF file'
says link refused 'is a symbolic link'
says folder refused 'is not a regular file'
says pipe refused 'is not a regular file'
says absent missing 'there is no plugin .absent. .mesh_absent.so. in '
shows '"state":"failed"' ctl a transport --json
well a b "all have said why"

# A folder that others may write: nothing of it is loaded, and the node runs.
configure c
sed -i '/websocket: /d; s/\[websocket, unix\]/[unix]/' "$work/c/mesh.yaml"
chmod 777 "$plugin_folder"
start c
shows 'can be written by its group or by everyone' ctl c plugins
chmod 755 "$plugin_folder"
murder c
step "a plugin folder that everyone may write"

# A file that comes into the folder while the node runs is listed at once, and used when the configuration asks for it.
configure e
sed -i '/websocket: /d; s/\[websocket, unix\]/[unix]/' "$work/e/mesh.yaml"
sed -i "s|$plugin_folder|$work/e/plugins|" "$work/e/mesh.yaml"
mkdir -m 755 "$work/e/plugins"
cp "$plugins/mesh_unix.so" "$work/e/plugins"
start e
# As a copy leaves it that was interrupted.
head -c 100000 "$plugins/mesh_websocket.so" >"$work/e/plugins/mesh_websocket.so"
chmod 644 "$work/e/plugins/mesh_websocket.so"
shows '^websocket .* refused .*the file is cut off; copy it again' ctl e plugins
cp "$plugins/mesh_websocket.so" "$work/e/plugins"
shows '^websocket .* unused .*no transport uses it' ctl e plugins
sed -i "s|\[unix\]|[unix, websocket]|; /^  unix: /a\\  websocket: { listen: [\"ws://127.0.0.1:0/mesh\"] }" "$work/e/mesh.yaml"
ctl e reload >/dev/null || fail "the reload is refused"
until_true 10 shows '^websocket .* running .*ws://127.0.0.1:' ctl e transport
shows '^websocket .* running' ctl e plugins
murder e
step "a plugin that is dropped into the folder of a running node"

# Three deaths inside a plugin disable it, and the node says so; deaths at other times do not.
for kind in load create start; do
  id=crash$kind name=d$kind
  configure "$name"
  sed -i "/websocket: /d; s/\[websocket, unix\]/[unix, $id]/" "$work/$name/mesh.yaml"
  for words in "" "" --check; do
    # Only loading is part of a check.
    [[ $kind == load ]] || words=
    code=0
    (exec timeout 10 "$meshd" $words --config "$work/$name/mesh.yaml" >>"$work/$name/log" 2>&1) 2>/dev/null || code=$?
    ((code == 134)) || fail "the plugin that crashes in $kind ends the node with $code"
  done
  "$meshd" --check --config "$work/$name/mesh.yaml" >>"$work/$name/log" 2>&1 || fail "--check refuses a disabled plugin"
  start "$name"
  shows "^$id .* disabled .*has taken the node down 3 times in a row and is disabled; .* remove" ctl "$name" plugins
  shows 'unix .*running' ctl "$name" transport
  murder "$name"
  step "three crashes in $kind disable the plugin"
done
murder b
for _ in 1 2 3 4; do
  "$meshd" --config "$work/b/mesh.yaml" >>"$work/b/log" 2>&1 &
  pids+=($!)
  pid_of[b]=$!
  sleep 0.15
  murder b
done
start b
shows '^unix .* running' ctl b plugins
until_true 15 ctl a ping b --count 1
step "a node killed right after its start blames no plugin"
echo "all good"
