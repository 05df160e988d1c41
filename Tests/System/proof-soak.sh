#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two daemons at work for ten minutes, or SOAK_SECONDS; 30 seconds with SLICE=1. Messages flow, files are copied and
# refused, clients come and go in bad ways, metrics are read. Memory, descriptors and threads must not grow.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=library.bash
source Tests/System/library.bash
length=${SOAK_SECONDS:-600}
[[ -z ${SLICE:-} ]] || length=30

metrics=$(free_port)
configure alice "listen: [\"ws://127.0.0.1:$(free_port)/mesh\"]" "metrics: { listen: \"127.0.0.1:$metrics\" }"
configure bob "listen: [\"ws://127.0.0.1:$(free_port)/mesh\"]"
sed -i 's/level: info/level: warning/' "$work"/*/mesh.yaml
start alice
start bob
acquaint alice bob
until_true 10 ctl alice ping bob --count 1 --timeout 1s
python3 "$client" serve "$work/bob/client.sock" /soak/1 "$work/got" &
pids+=($!)
until_true 10 test -e "$work/got"
sleep 0.3
python3 "$client" flow "$work/alice/client.sock" bob /soak/1 >"$work/flow" 2>&1 &
flow=$!
pids+=("$flow")
head -c 8000000 /dev/urandom >"$work/file"
# The same content again would do: a receiver that has not heard the sender's end yet answers that it is complete.
head -c 8000000 /dev/urandom >"$work/other"

sample() { # resident KiB, descriptors and threads of each daemon
  local name pid
  for name in alice bob; do
    pid=${pid_of[$name]}
    echo "$name $1 $(awk '/VmRSS/ { print $2 }' "/proc/$pid/status") $(ls "/proc/$pid/fd" | wc -l)" \
      "$(ls "/proc/$pid/task" | wc -l)"
  done >>"$work/samples"
}
badly() { # clients that do not behave
  python3 - "$work/alice/client.sock" "$work/alice/admin.sock" "$metrics" <<'PY' || true
import socket, sys
for path in sys.argv[1:3]:
    for data in (b"", b"\0\0", b"\0\0\0\5junk!", b"\xff" * 8, b"\0\0\0\1\xa0"):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        connection.sendall(data)
        connection.close()
for data in (b"GET /metrics HTTP/1.1\r\n\r\n", b"GET", b"", b"POST / HTTP/1.0\r\n\r\n"):
    connection = socket.create_connection(("127.0.0.1", int(sys.argv[3])))
    connection.sendall(data)
    if data.startswith(b"GET /"):
        while connection.recv(65536):
            pass
    connection.close()
PY
}

began=$SECONDS rounds=0
while ((SECONDS - began < length)); do
  rounds=$((rounds + 1))
  rm -f "$work/bob/received/soak"
  ctl alice cp "$work/file" bob:soak >"$work/copy" 2>&1 || fail "cp: $(cat "$work/copy")"
  ! ctl alice cp "$work/other" bob:soak >/dev/null 2>&1 || fail "a file that is there was overwritten"
  timeout 0.05 "$meshctl" --socket "$work/alice/admin.sock" cp "$work/file" bob:cancelled >/dev/null 2>&1 || true
  rm -f "$work/bob/received"/*cancelled*
  ctl alice ping bob --count 2 --interval 10ms >/dev/null 2>&1 || fail "no answer to a ping in round $rounds"
  badly
  ctl bob why alice >/dev/null
  ctl alice status >/dev/null
  sample $((SECONDS - began))
done
kill -TERM "$flow"
wait "$flow" || fail "messages: $(tail -3 "$work/flow")"
step "$rounds rounds in $length s; messages: $(cat "$work/flow")"

# The first third warms up; then the last one is held against the second. What grows for good lifts the median of memory,
# while its peaks are bursts that waited for a processor. In a short run the pools of buffers are still filling: it finds
# what grows fast.
python3 - "$length" "$work/samples" >"$work/verdict" <<'PY' || { cat "$work/verdict"; fail "a daemon grows"; }
import statistics, sys
duration = int(sys.argv[1])
samples = [(word[0], *map(int, word[1:])) for word in map(str.split, open(sys.argv[2]))]
grown = False
for name in ("alice", "bob"):
    thirds = [[s for s in samples if s[0] == name and int(s[1] * 3 / duration) == third] for third in (1, 2)]
    for column, what, middle, slack in (
        (2, "KiB", statistics.median, 8192 if duration < 300 else 1024),
        (3, "descriptors", max, 2), (4, "threads", max, 0)):
        before, after = (middle(s[column] for s in third) for third in thirds)
        print(f"{name}: {before:.0f} {what} in the second third, {after:.0f} in the last")
        if column == 2:
            print(f"{name}: at most {max(s[2] for s in samples if s[0] == name)} KiB")
        if after > before * (1.03 if column == 2 else 1) + slack:
            print("  it grows")
            grown = True
sys.exit(grown)
PY
while IFS= read -r line; do step "$line"; done <"$work/verdict"
