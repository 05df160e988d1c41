# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts beside it, from the root of the repository: two nodes, traffic that counts every message, and a
# network that fails on command: a network namespace of its own with nftables, or relays before the site.
set -euo pipefail
# shellcheck source=../library.bash
source Tests/System/library.bash
if [[ -z ${relayed:-} ]]; then
  # What is dialled, and where bob is: the same.
  port=4433 inner=4433 web=8080 inner_web=8080
  ip link set lo up
  nft -f - <<'NFT'
table inet network { chain arriving { type filter hook input priority 0 ; }; }
NFT
  breaks() { # udp|tcp port: no datagram gets through, or every connection is reset, old and new
    local verdict=drop
    [[ $1 == udp ]] || verdict="reject with tcp reset"
    # shellcheck disable=SC2086
    nft add rule inet network arriving "$1" dport "$2" $verdict
    # shellcheck disable=SC2086
    nft add rule inet network arriving "$1" sport "$2" $verdict
  }
  mends() { nft flush chain inet network arriving; }
else
  port=$(free_port) inner=$(free_port) web=$(free_port) inner_web=$(free_port)
  behind() { if [[ $1 == "$port" ]]; then echo "$inner"; else echo "$inner_web"; fi; }
  relays() { # udp|tcp port: a relay from there to where bob is
    [[ -x $relay ]] || make --no-print-directory build/tests/mesh-relay >/dev/null
    rm -f "$work/$1-$2.sock"
    "$relay" -c "$work/$1-$2.sock" "$1:127.0.0.1:$2" "$1:127.0.0.1:$(behind "$2")" >>"$work/relay.log" 2>&1 &
    pids+=($!)
    pid_of[$1-$2]=$!
    until_true 5 test -S "$work/$1-$2.sock"
  }
  tells() { python3 "$client" tell "$work/$1.sock" "$2" | grep -q '^ok' || fail "relay $1 does not take '$2'"; }
  breaks() { # udp|tcp port: no datagram gets through, or every connection is reset, old and new
    if [[ $1 == udp ]]; then
      tells "udp-$2" "blackhole on"
    elif [[ -n ${pid_of[tcp-$2]:-} ]]; then
      tells "tcp-$2" reset
      murder "tcp-$2"
      pid_of[tcp-$2]=
    fi
  }
  mends() {
    tells "udp-$port" "blackhole off"
    for which in "$port" "$web"; do [[ -n ${pid_of[tcp-$which]:-} ]] || relays tcp "$which"; done
  }
  relays udp "$port"
  relays tcp "$port"
  relays tcp "$web"
fi
site=htx://127.0.0.1:$port

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
serve_site() { # transports-in-their-order scheme [more-yaml]: bob runs, with a site that is dialled at $port
  local listen="$2://127.0.0.1:$inner" dialled
  node bob "$1" "  htx: { listen: [\"$listen\"] }${3:+$'\n'$3}"
  start bob
  [[ $port != "$inner" ]] || return 0
  dialled=$(address_of bob "$2://127.0.0.1:$port")
  murder bob
  node bob "$1" "  htx: { listen: [\"$listen\"], advertise: [\"$dialled\"] }${3:+$'\n'$3}"
  start bob
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
  breaks tcp "$port"
  breaks tcp "$web"
  breaks udp "$port"
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
