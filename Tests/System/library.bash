# SPDX-License-Identifier: Apache-2.0
# Sourced by the run.sh scripts beside it, from the root of the repository: daemons, a relay, and steps with a verdict.
meshd=$(realpath build/bin/meshd) meshctl=$(realpath build/bin/meshctl) plugins=$(realpath build/plugins)
relay=$PWD/build/tests/mesh-relay
client=$PWD/Tests/System/client.py
work=$(mktemp -d /tmp/mesh-system.XXXXXX)
declare -A pid_of=()
pids=()

finish() {
  code=$?
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  # What still has a file open keeps its file system mounted.
  wait "${pids[@]}" 2>/dev/null || true
  if ((code != 0)); then
    for log in "$work"/*/log; do
      [[ -e $log ]] || continue
      echo "--- $log"
      tail -25 "$log"
    done
  fi
  ! mountpoint -q "$work/small" || umount "$work/small" 2>/dev/null || umount --lazy "$work/small"
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() { echo "FAILED: $*" >&2; exit 1; }
step() { echo "ok: $*"; }
becomes() { # seconds command…: whether it comes true in time
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.05
  done
}
# An alarm and no limit: half a minute at least, for the machine may be busy.
until_true() { becomes $(($1 < 30 ? 30 : $1)) "${@:2}" || { "${@:2}" || true; fail "never true: ${*:2}"; }; }
shows() { # pattern command…
  local pattern=$1 output; shift
  output=$("$@" 2>&1) || { echo "$* ended with $?: $output" >&2; return 1; }
  grep -qE -- "$pattern" <<<"$output" || { echo "'$pattern' not in the output of '$*': $output" >&2; return 1; }
}
refuses() { # pattern command…: fails with exit code 1 or 2 and says so
  local pattern=$1 output code=0; shift
  output=$("$@" 2>&1 </dev/null) || code=$?
  ((code == 1 || code == 2)) || fail "'$*' ended with $code: $output"
  grep -qE -- "$pattern" <<<"$output" || fail "'$pattern' not in the refusal of '$*': $output"
}

free_port() { # one that no connection is given by itself, and that was not given before
  python3 - "$work/ports" <<'PYTHON'
import random, socket, sys
with open(sys.argv[1], "a+") as file:
    file.seek(0)
    given = file.read().split()
    while True:
        port = random.randrange(20000, 32768)
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as one:
                    one.bind(("127.0.0.1", port))
        except OSError:
            continue
        if str(port) not in given:
            break
    print(port, file=file)
print(port)
PYTHON
}
ctl() { local name=$1; shift; "$meshctl" --socket "$work/$name/admin.sock" "$@"; }
configure() { # name websocket-keys [more-yaml]
  mkdir -p -m 700 "$work/$1"
  cat >"$work/$1/mesh.yaml" <<YAML
transport_priority: [websocket, unix]
node: { state: $work/$1/state, stop_timeout: 1s }
plugins: { directories: [${plugin_folder:-$plugins}], trust: any }
transports:
  websocket: { ${2:-} }
  unix: { listen: ["unix://$work/$1/link.sock"] }
control: { socket: $work/$1/client.sock, admin_socket: $work/$1/admin.sock }
log: { level: info, format: text }
protocols:
  /mesh/file/1: { allow: ["*"], folder: $work/$1/received }
${3:-}
YAML
}
start() { # name
  "$meshd" --config "$work/$1/mesh.yaml" >>"$work/$1/log" 2>&1 &
  pids+=($!)
  pid_of[$1]=$!
  until_true 10 ctl "$1" status
}
murder() { # name or kind of process, as in pid_of
  kill -KILL "${pid_of[$1]}"
  wait "${pid_of[$1]}" 2>/dev/null || true
}
acquaint() { # dialler listener: the listener first, for a refusal would make the dialler wait
  ctl "$2" peers add "$(ctl "$1" id --invite)" --alias "$1" >/dev/null
  ctl "$1" peers add "$(ctl "$2" id --invite)" --alias "$2" >/dev/null
}
# pid: it is in poll, ppoll or recvfrom, on x86-64 or arm64.
waits_for_bytes() { grep -qE '^(7|45|73|207|271) ' "/proc/$1/syscall" 2>/dev/null; }
is_heard() { # name pid: a program that has asked the daemon of that name for something, and was not refused
  # Whoever may not look into other processes waits instead.
  if kill -0 "$2" && ! cat "/proc/$2/syscall" >/dev/null; then sleep 1; kill -0 "$2"; return; fi
  waits_for_bytes "$2" && ctl "$1" status && waits_for_bytes "$2"
}
try_hearing() { # name file: messages over /mesh/text/1 go into it, a line each; false when that was refused
  stdbuf -oL "$meshctl" --socket "$work/$1/admin.sock" listen /mesh/text/1 >>"$2" 2>>"$work/$1/listen.log" &
  pid_of[listen-$1]=$!
  pids+=($!)
  local end=$((SECONDS + 30))
  while kill -0 "${pid_of[listen-$1]}" && ((SECONDS < end)); do
    ! is_heard "$1" "${pid_of[listen-$1]}" || return 0
    sleep 0.02
  done
  return 1
}
# An application that was there before may not have been missed yet.
hearing() { until_true 30 try_hearing "$@"; } # name file

chosen() { grep -qE "\* +$3 " <<<"$(ctl "$1" why "$2")"; } # name peer transport

resident() { awk '/^VmRSS/ { print $2 }' "/proc/${pid_of[$1]}/status"; } # name: kibibytes
well() { # name peer what: alive, answers its peer, and has not grown
  kill -0 "${pid_of[$1]}" 2>/dev/null || fail "$1 is dead after $3"
  ctl "$1" ping "$2" --count 1 --timeout 10s >/dev/null || fail "$1 does not reach $2 after $3"
  (($(resident "$1") < ${memory_limit:-49152})) || fail "$1 has $(resident "$1") KiB after $3"
  step "$3 ($(($(resident "$1") / 1024)) MiB)"
}

start_relay() { # front behind
  [[ -x $relay ]] || make --no-print-directory build/tests/mesh-relay >/dev/null
  rm -f "$work/relay.sock"
  "$relay" -c "$work/relay.sock" "tcp:127.0.0.1:$1" "tcp:127.0.0.1:$2" >>"$work/relay.log" 2>&1 &
  pids+=($!)
  pid_of[relay]=$!
  until_true 5 test -S "$work/relay.sock"
}
tell_relay() { python3 "$client" tell "$work/relay.sock" "$*" | grep -q '^ok' || fail "the relay does not take '$*'"; }
hash_of() { sha256sum <"$1" | cut -d' ' -f1; }
