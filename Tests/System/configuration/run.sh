#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configurations and keys that cannot be used: each is refused with its place and the way to mend it. Called by
# `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
folder=$work/node
mkdir -m 755 "$folder"
chmod 755 "$work"

refused() { # what pattern: the text on standard input, as --check and as a start see it
  cat >"$folder/mesh.yaml"
  refuses "$2" timeout 10 "$meshd" --check --config "$folder/mesh.yaml"
  refuses "$2" timeout 10 "$meshd" --config "$folder/mesh.yaml"
  step "$1"
}
base="plugins: { directories: [$plugins], trust: any }
node: { state: $folder/state }
control: { socket: $folder/client.sock, admin_socket: $folder/admin.sock }"

printf 'transports: { unix: [\n' | refused "malformed" 'mesh.yaml:2:1: not YAML:'
printf 'transports:\n\tunix: {}\n' | refused "a tab" 'mesh.yaml:2:1: .*cannot start any token; there is a tab, and YAML is indented with spaces'
printf 'transport_priority: [unix]\n\001\n' | refused "a control character" 'mesh.yaml:2:1: not plain text'
printf 'transport_priority: [uni\377]\n' | refused "not UTF-8" 'mesh.yaml:1:25: not UTF-8'
{
  echo 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
  for n in {1..30}; do echo "a$n: &a$n [*a$((n - 1)), *a$((n - 1)), *a$((n - 1)), *a$((n - 1))]"; done
} | refused "a bomb of aliases" 'mesh.yaml:1:5: an anchor .* is refused; write the value out'
printf 'transport_priority: *x\n' | refused "an alias alone" 'mesh.yaml:1:21: .*refused|mesh.yaml:1:21: not YAML'
printf 'transport_priority: !!python/object [unix]\n' | refused "a tag" 'mesh.yaml:1:21: a tag'
printf '%.0s[' {1..5000} | refused "deep nesting" 'nested more than 16 levels'
head -c 2000000 /dev/zero | tr '\0' a | refused "two megabytes" 'too large; expected at most 1048576 bytes'
printf '' | refused "an empty file" 'no transport; expected at least one'
printf 'transport_priority: [unix]\n---\na: 1\n' | refused "a second document" 'mesh.yaml:2:1: a second document'
printf 'log: { level: info }\nlog: { level: info }\n' | refused "a key twice" 'mesh.yaml:2:1: .*already given on line 1'

cat <<YAML | refused "wrong types, all at once" 'mesh.yaml:2:20: node.max_peers: found .many.; expected a whole number'
transport_priority: [unix]
node: { max_peers: many, idle_timeout: 10 }
log: [1]
YAML
for pattern in ':2:40: node.idle_timeout: .*expected a duration' ':3:6: log: found a list; expected a map'; do
  refuses "$pattern" "$meshd" --check --config "$folder/mesh.yaml"
done
cat <<YAML | refused "unknown keys" "mesh.yaml:2:9: node.max_peer: unknown key; .*did you mean 'max_peers'"
transport_priority: [unix]
node: { max_peer: 3 }
loge: { level: info }
YAML
refuses "3:1: loge: unknown section; .*did you mean 'log'" "$meshd" --check --config "$folder/mesh.yaml"
cat <<YAML | refused "an unknown key of a plugin" "5:11: .*unix.listn: unknown .*did you mean 'listen'"
$base
transports:
  unix: { listn: "unix://$folder/link.sock" }
YAML
cat <<YAML | refused "a plugin's key of the wrong type" '5:27: transports.websocket.max_links: found .lots.; expected a whole number'
$base
transports:
  websocket: { max_links: lots }
YAML

refuses 'no such file; create it' "$meshd" --config "$folder/none.yaml"
refuses 'not a regular file' "$meshd" --config "$folder"
refuses 'not a regular file' timeout 5 "$meshd" --config /dev/zero
mkfifo "$folder/pipe"
refuses 'not a regular file' timeout 5 "$meshd" --config "$folder/pipe"
step "a file that is missing or no file"

printf '%s\ntransport_priority: [unix]\n' "$base" >"$folder/mesh.yaml"
key=$folder/state/identity.key
key_refused() { refuses "$2" timeout 5 "$meshd" --config "$folder/mesh.yaml"; step "$1"; }
rm -rf "$folder/state"
mkdir -m 700 "$folder/state"
"$meshctl" keygen "$key" >/dev/null
for mode in 640 644 604 660 777; do
  chmod "$mode" "$key"
  refuses "may be used by others .mode 0$mode.; run: chmod 600 $key" timeout 5 "$meshd" --config "$folder/mesh.yaml"
done
step "a key of the wrong mode"
echo nonsense >"$key"
chmod 600 "$key"
key_refused "a key that is none" 'not a usable key file: .*; put a copy of the right one there, or move it away'
: >"$key"
key_refused "an empty key" 'not a usable key file'
rm "$key"
mkdir "$key"
key_refused "a folder as key" 'not a plain file'
rmdir "$key"
ln -s /dev/zero "$key"
key_refused "a link as key" 'not a plain file'
rm -r "$folder/state"
: >"$folder/state"
key_refused "a file as state folder" "'$folder/state' is not a folder; move it away"
rm "$folder/state"

if ((EUID == 0)); then
  as_other() { setpriv --reuid=4242 --regid=4242 --clear-groups "$@"; }
  install -d -m 700 -o 4242 "$folder/state"
  "$meshctl" keygen "$key" >/dev/null
  key_refused_to_other() { refuses "$2" as_other timeout 5 "$meshd" --config "$folder/mesh.yaml"; step "$1"; }
  key_refused_to_other "a key of root's for another user" 'user 4242 may not open it; give .*chown 4242'
  chown 4242 "$key"
  key_refused "a key of another user for root" 'belongs to user 4242, not to user 0 .*; run as root: chown 0'
  rm -r "$folder/state"
  key_refused_to_other "a state folder that cannot be made" "the folder '$folder/state' cannot be made: .*'node.state'"
  chmod 600 "$folder/mesh.yaml"
  key_refused_to_other "an unreadable configuration" 'may not be read by this user; change its owner or mode'
fi

# What is good starts after all that, in the same folder.
rm -rf "$folder/state"
start node
ctl node status >/dev/null || fail "the good file does not work"
step "a good file starts"
echo "all good"
