#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `meshctl cp` against full disks, folders that cannot be written, and names that would lead elsewhere. Called by
# `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
configure a
configure b
for name in a b; do sed -i '/websocket: /d; s/\[websocket, unix\]/[unix]/' "$work/$name/mesh.yaml"; done
mkdir "$work/small"
small=
if mount -t tmpfs -o size=200m tmpfs "$work/small" 2>/dev/null; then
  small=$work/small
  sed -i "s|folder: .*/received|folder: $small/received|; s|state: [^,]*,|state: $small/state,|" "$work/b/mesh.yaml"
fi
received=${small:-$work/b}/received
# A limit on the size of files must not end the process; its signal would.
start a
(ulimit -f 163840; exec "$meshd" --config "$work/b/mesh.yaml" >>"$work/b/log" 2>&1) &
pids+=($!)
pid_of[b]=$!
until_true 10 ctl b status
acquaint a b
until_true 10 ctl a ping b --count 1
printf 'one\n' >"$work/one"
printf 'two\n' >"$work/two"
"$meshctl" keygen "$work/stranger" >/dev/null
stranger=$("$meshctl" id --identity "$work/stranger" --invite --address ws://192.0.2.1:1/mesh)
truncate -s 120M "$work/long"
truncate -s 165M "$work/longer"
truncate -s 195M "$work/longest"
has() { [[ $(<"$received/$1") == "$2" ]] || fail "'$1' holds $(<"$received/$1"), not $2"; }

# Names.
for name in ../x .. . /etc/x a/b .hidden x/../../y $'new\nline' $'\e[31mred' "$(printf 'x%.0s' {1..201})"; do
  refuses "the name of the file|not accepted|names no peer" ctl a cp "$work/one" "b:$name"
done
python3 "$client" copy "$work/a/client.sock" b 'nul\0name' | grep -q 'control character' || fail "a name with NUL"
[[ ! -e $work/x && ! -e /etc/x && -z $(ls -A "$received") ]] || fail "a name led somewhere: $(ls -A "$received")"
well a b "names that lead elsewhere are refused"

ctl a cp "$work/one" b:name >/dev/null
refuses "a file 'name' is there already" ctl a cp "$work/two" b:name
refuses '"name":"MESH_E_EXISTS"' ctl a cp "$work/two" b:name --json
refuses "use '--force' to replace it" ctl a cp "$work/two" b:name
has name one
ctl a cp "$work/two" b:name --force >/dev/null
has name two
mkdir "$received/folder"
refuses "a folder of the name 'folder' is there already" ctl a cp "$work/two" b:folder --force
[[ $(stat -c %a "$received/name") == 600 ]] || fail "the mode of a received file"
well a b "an existing name is refused without --force, a folder always"

echo precious >"$work/precious"
for kind in file part mark; do
  case $kind in
    file) entry=linked ;;
    part) entry=.linked2.part ;;
    mark) entry=.linked3.part.id ;;
  esac
  ln -s "$work/precious" "$received/$entry"
done
ln -s "$work/nowhere" "$received/dangling"
refuses "a file 'linked' is there already" ctl a cp "$work/one" b:linked
refuses "a file 'dangling' is there already" ctl a cp "$work/one" b:dangling
for name in linked linked2 linked3 dangling; do
  ctl a cp "$work/one" "b:$name" --force >/dev/null
  [[ -f $received/$name && ! -L $received/$name ]] || fail "'$name' is no plain file"
  has "$name" one
done
[[ $(<"$work/precious") == precious && ! -e $work/nowhere ]] || fail "a link was followed"
well a b "links in the folder are replaced, never followed"

refuses 'No such file' ctl a cp "$work/none" b:
refuses 'not a regular file|no regular file|plain file' ctl a cp "$work" b:
refuses 'not a regular file|no regular file|plain file' timeout 10 "$meshctl" --socket "$work/a/admin.sock" cp /dev/zero b:
refuses 'there is no peer' ctl a cp "$work/one" nobody:
refuses "Write 'PEER:'" ctl a cp "$work/one" b
step "what cannot be sent"

# Larger than a file may be.
refuses "larger than the receiver's file system takes" ctl a cp "$work/longer" b:
well a b "a limit on the size of files"

if [[ -n $small ]]; then
  refuses "needs [0-9]* bytes more and the receiver's disk has [0-9]* bytes free" ctl a cp "$work/longest" b:
  well a b "a file that cannot fit is refused before it is sent"

  rm -f "$received"/.longer.part*
  ctl a cp "$work/long" b:filled >"$work/copy" 2>&1 &
  copy=$!
  # The sender stands still while the disk fills up.
  for _ in {1..100000}; do [[ ! -s $received/.filled.part ]] || break; done
  kill -STOP "${pid_of[a]}"
  head -c 1G /dev/zero >"$small/ballast" 2>/dev/null || true
  kill -CONT "${pid_of[a]}"
  code=0
  wait "$copy" || code=$?
  ((code == 1)) || fail "cp on a disk that fills up ended with $code: $(cat "$work/copy")"
  grep -q "the receiver's disk is full; what arrived of 'filled' is kept" "$work/copy" || fail "$(cat "$work/copy")"
  grep -q 'Free some space at the receiver and run the same command again' "$work/copy" || fail "$(cat "$work/copy")"
  [[ ! -e $received/filled && -s $received/.filled.part ]] || fail "what arrived was not kept: $(ls -la "$received")"
  well a b "a disk that fills up during cp"
  rm "$small/ballast"
  ctl a cp "$work/long" b:filled >"$work/copy" 2>&1 || fail "the copy does not go on: $(cat "$work/copy")"
  grep -q resumed "$work/copy" || fail "the copy began anew: $(cat "$work/copy")"
  [[ $(hash_of "$work/long") == "$(hash_of "$received/filled")" ]] || fail "the hashes differ"
  well a b "with space the same command goes on where it stopped"

  until_true 10 mount -o remount,ro "$small"
  refuses "cannot store 'late': Read-only file system" ctl a cp "$work/one" b:late
  refuses "Look at the receiver's folder" ctl a cp "$work/one" b:late
  refuses 'the peer cannot be saved in .*: Read-only file system; it was not added' ctl b peers add "$stranger"
  refuses 'cannot be saved: Read-only file system' ctl b peers remove a
  refuses '"name":"MESH_E_IO"' ctl a cp "$work/one" b:late --json
  ctl b reload >/dev/null
  ! ctl b peers | grep -q "${stranger%%@*}" || fail "a peer that was not saved was added"
  mount -o remount,rw "$small"
  ctl a cp "$work/one" b:late >/dev/null
  well a b "a folder that cannot be written"
fi
echo "all good"
