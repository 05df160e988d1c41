#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Nonsense on the control sockets of a running daemon, and users that may not use them. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source Tests/System/library.bash
chmod 755 "$work"
nonsense() { timeout 30 python3 Tests/System/control/nonsense.py "$@"; }

configure a "" "metrics: { listen: \"127.0.0.1:$(free_port)\" }"
configure b
for name in a b; do sed -i '/websocket: /d; s/\[websocket, unix\]/[unix]/' "$work/$name/mesh.yaml"; done
chmod 755 "$work/a"
start a
start b
acquaint a b
until_true 10 ctl a ping b --count 1

# Waited for below: the daemon gives it ten seconds.
nonsense "$work/a/client.sock" half &
half=$!
for socket in client admin; do
  for kind in random length deep shapes calls unread; do
    nonsense "$work/a/$socket.sock" "$kind" || fail "$kind on the $socket socket"
    well a b "$kind on the $socket socket"
  done
done

coproc idle { python3 Tests/System/control/nonsense.py "$work/a/client.sock" idle; }
pids+=("$idle_PID")
read -r -t 20 line <&"${idle[0]}"
[[ $line == ready ]] || fail "400 connections: $line"
refuses 'the daemon has closed the connection' "$meshctl" --socket "$work/a/client.sock" status
grep -q 'control_refused .*as many connections as it takes, 256, are open' "$work/a/log" || fail "the log gives no reason"
well a b "400 idle connections at the client socket do not close the admin socket"
eval "exec ${idle[1]}>&-"
until_true 10 "$meshctl" --socket "$work/a/client.sock" status
step "when they are gone the client socket works again"
wait "$half" || fail "half a message"
well a b "half messages are cut off after ten seconds"

refuses 'needs the admin socket' "$meshctl" --socket "$work/a/client.sock" reload
refuses 'needs the admin socket' "$meshctl" --socket "$work/a/client.sock" shutdown
step "the client socket administers nothing"

# A listener that ends before it has released what it was handed.
python3 "$client" hold "$work/b/client.sock" /held/1 &
holder=$!
pids+=("$holder")
held() { [[ ! -e /proc/$holder ]]; }
# Until it listens there is nobody to hold anything.
for _ in {1..100}; do
  code=0
  ctl a send b --protocol /held/1 kept >"$work/sent" 2>&1 || code=$?
  ((code == 1)) || fail "a message that was not released counts as $code: $(cat "$work/sent")"
  grep -q 'no such protocol' "$work/sent" || break
done
grep -q 'ended before it released the message, which it may have seen' "$work/sent" || fail "$(cat "$work/sent")"
until_true 5 held
refuses 'no such protocol' ctl a send b --protocol /held/1 later
well a b "what a listener held when it ended is refused with that reason"

# Who may use the client socket, and whose socket is believed.
if ((EUID == 0)); then
  murder b
  configure c
  sed -i '/websocket: /d; s/\[websocket, unix\]/[unix]/' "$work/c/mesh.yaml"
  chown -R 4242:4242 "$work/c"
  chmod 755 "$work/c"
  mkdir -p "$work/prefix/bin" "$work/prefix/share/mesh"
  cp "$meshctl" "$work/prefix/bin"
  setpriv --reuid=4242 --regid=4242 --clear-groups "$meshd" --config "$work/c/mesh.yaml" >>"$work/c/log" 2>&1 &
  pids+=($!)
  pid_of[c]=$!
  until_true 10 setpriv --reuid=4242 --regid=4242 --clear-groups "$meshctl" --socket "$work/c/admin.sock" status
  member() { setpriv --reuid=4343 --regid=4343 --groups=4242 "$work/prefix/bin/meshctl" "$@"; }
  stranger() { setpriv --reuid=4444 --regid=4444 --clear-groups "$work/prefix/bin/meshctl" "$@"; }
  trust() { install -m "$2" -o "$3" /dev/stdin "$work/prefix/share/mesh/client.yaml" <<<"$1"; }
  socket=(--socket "$work/c/client.sock" status)
  refuses 'you may not use .*' stranger "${socket[@]}"
  refuses 'Add yourself to group mesh' stranger "${socket[@]}"
  refuses 'you may not use' member --socket "$work/c/admin.sock" status
  if [[ ! -e /etc/mesh/client.yaml ]]; then
    refuses 'served by user 4242, who is neither root nor you, and no file names a service user' member "${socket[@]}"
    trust 'service_user: 4343' 644 0
    refuses "nor '4343', the service user of" member "${socket[@]}"
    trust 'service_user: 4242' 664 0
    refuses 'is not taken: .*chmod go-w' member "${socket[@]}"
    trust 'service_user: 4242' 644 4343
    refuses 'is not taken: .*belongs to user 4343; expected a file of root' member "${socket[@]}"
    trust 'service_users: [4242]' 644 0
    refuses "unknown key; .*did you mean 'service_user'" member "${socket[@]}"
    trust 'service_user: 4242' 644 0
    shows unix member "${socket[@]}"
    step "a member of the group uses the daemon of the service user that root names, and no other"
  fi
fi
echo "all good"
