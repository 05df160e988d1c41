# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts beside it, each in a network namespace of its own, from the root of the repository: two nodes,
# traffic that counts every message, and a network that fails on command.
set -euo pipefail
# shellcheck source=../library.bash
source Tests/System/library.bash
site=htx://127.0.0.1:4433
ip link set lo up
nft -f - <<'NFT'
table inet network { chain arriving { type filter hook input priority 0 ; }; }
NFT

breaks() { nft add rule inet network arriving "$@"; } # for instance udp dport 4433 drop
mends() { nft flush chain inet network arriving; }

node() { # name transports-in-their-order yaml-of-transports
  mkdir -p -m 700 "$work/$1"
  cat >"$work/$1/mesh.yaml" <<YAML
transport_priority: [$2]
node: { state: $work/$1/state, stop_timeout: 1s }
plugins: { directories: [$plugins], trust: any }
transports:
$3
control: { socket: $work/$1/client.sock, admin_socket: $work/$1/admin.sock }
log: { level: info, format: text }
protocols:
  /mesh/file/1: { allow: ["*"], folder: $work/$1/received }
YAML
}
figure() { ctl "$1" metrics | sed -n "s/^mesh_plugin_$2{.*} //p"; } # name figure
over() { (($(figure "$1" links_over_quic) == $2)); }                # name links-over-quic
goes_by() { grep -qE "^link [0-9]+: to .*, over $2" <<<"$(ctl "$1" htx links)"; } # name protocol
says() { tr -s '\n ' ' ' <<<"$(ctl "$1" why "$2")"; }               # name peer: why, unfolded
address_of() { # name address: with ticket key and pin
  ctl "$1" --json htx ticket "$2" | python3 -c 'import json, sys; print(json.load(sys.stdin)["address"])'
}

begin_flow() { # numbered messages from alice to bob, until end_flow
  serve_flow "$work/got"
  until_true 5 ctl alice send bob --protocol /demo/1 first
  python3 "$client" flow "$work/alice/client.sock" bob /demo/1 >"$work/flow" 2>&1 &
  pids+=($!)
  flow=$!
  until_true 5 grep -qx 20 "$work/got"
}
serve_flow() { # file
  python3 "$client" serve "$work/bob/client.sock" /demo/1 "$1" 2>"$work/serve" &
  pids+=($!)
  server=$!
}
stop_flow() { # once every message of it has its fate
  kill -0 "$flow" 2>/dev/null || fail "the flow ended: $(cat "$work/flow")"
  kill -TERM "$flow"
  wait "$flow" || true
  sleep 0.2
  kill -TERM "$server"
  wait "$server" || fail "the listener failed: $(cat "$work/serve")"
  sent=$(grep -oE '^[0-9]+' "$work/flow") || fail "the flow failed: $(cat "$work/flow")"
}
end_flow() { # least-number what: all arrived once, in order, and were acknowledged
  stop_flow
  ! grep -q "^not delivered" "$work/flow" || fail "messages were lost: $(tail -5 "$work/flow")"
  ((sent >= $1)) || fail "only $sent messages were sent"
  grep -v first "$work/got" >"$work/numbers"
  sort -n "$work/numbers" | uniq -d | grep . && fail "messages came twice"
  diff -q <(seq 0 $((sent - 1))) "$work/numbers" >/dev/null ||
    fail "lost or out of order: $(diff <(seq 0 $((sent - 1))) "$work/numbers" | head -5)"
  step "$2: messages: $(cat "$work/flow"), each arrived once, in order"
}

begin_copy() { # name bytes: a copy from alice to bob
  head -c "$2" /dev/urandom >"$work/$1"
  ctl alice cp "$work/$1" "bob:$1" >"$work/$1.copy" 2>&1 &
  pids+=($!)
  copy=$!
}
part_beyond() { (($(stat -c %s "$work/bob/received/.$1.part") > $2)); } # name bytes
end_copy() { # name
  wait "$copy" || fail "the copy failed: $(cat "$work/$1.copy")"
  until_true 5 test -e "$work/bob/received/$1"
  [[ $(hash_of "$work/bob/received/$1") == "$(hash_of "$work/$1")" ]] || fail "the file has changed"
  step "the file is whole: $(grep -oE '[0-9.]+ MiB in .*' "$work/$1.copy")"
}

crash() { # kills bob and whoever listens there; nobody reaches him until it is 'back'
  murder bob
  breaks tcp dport 4433 reject with tcp reset
  breaks tcp dport 8080 reject with tcp reset
  breaks udp dport 4433 drop
  wait "$server" 2>/dev/null || true
}
back() { # bob runs again, and somebody listens before the first message can come
  start bob
  serve_flow "$work/got-afterwards"
  until_true 5 test -e "$work/got-afterwards"
  sleep 0.2
  mends
}
end_flow_over_crash() { # what: what was acknowledged is there; the rest is there or told; only what was open came again
  stop_flow
  python3 Tests/System/htx-failover/account.py "$work/flow" "$work/got" "$work/got-afterwards" >"$work/account" ||
    fail "$1: the account does not add up"
  step "$1: $(cat "$work/account")"
}
