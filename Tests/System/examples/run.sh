#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The example plugins: each is dropped into the plugin folder of two running daemons and carries a message both ways;
# then one replaces the other in the running daemons, and nobody who connects meanwhile is turned away.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=../library.bash
source Tests/System/library.bash
examples=$(realpath build/examples)

enable_loopback() { # name: its configuration gets the transport, best of all
  sed -i -e 's/^transport_priority: .*/transport_priority: [loopback, unix]/' \
    -e "s|^transports:|transports:\n  loopback: { listen: [\"loopback:$1-$$-$round\"] }|" "$work/$1/mesh.yaml"
}
deliver() { # from to word
  ctl "$2" listen /demo/1 --count 1 >"$work/got" 2>&1 &
  local listener=$!
  pids+=("$listener")
  until_true 5 ctl "$1" send "$2" --protocol /demo/1 "$3"
  wait "$listener" || fail "listen: $(cat "$work/got")"
  grep -q "$3" "$work/got" || fail "'$3' did not arrive: $(cat "$work/got")"
}
carries() { # language: messages both ways, over the loopback transport
  until_true 10 chosen alice bob loopback
  until_true 10 chosen bob alice loopback
  deliver alice bob "from-alice-$1"
  deliver bob alice "from-bob-$1"
  until_true 5 shows loopback ctl alice ping bob --count 1
}
drop_in() { # language: as a careful installer does, under another name first
  install -m 755 "$examples/plugin-$1/mesh_loopback.so" "$plugin_folder/new"
  mv "$plugin_folder/new" "$plugin_folder/mesh_loopback.so"
}

round=0
for language in c swift rust; do
  round=$((round + 1))
  plugin_folder=$work/plugins-$language
  mkdir -m 755 "$plugin_folder"
  install -m 755 "$plugins"/mesh_unix.so "$plugin_folder"
  for name in alice bob; do
    rm -rf "${work:?}/$name"
    configure "$name"
    sed -i -e 's/\[websocket, unix\]/[unix]/' -e '/^  websocket:/d' "$work/$name/mesh.yaml"
    start "$name"
  done
  acquaint alice bob
  until_true 10 chosen alice bob unix
  if shows loopback ctl alice plugins 2>/dev/null; then fail "a plugin that is not there is listed"; fi
  drop_in "$language"
  shows 'loopback +1.0.0 .*unused' ctl alice plugins
  enable_loopback alice
  enable_loopback bob
  ctl alice reload >/dev/null
  kill -HUP "${pid_of[bob]}"
  carries "$language"
  step "$language: dropped in, listed at once, carries messages without a restart"
  [[ $language == rust ]] || { murder alice; murder bob; }
done

cat >"$work/dial.py" <<'PYTHON'
# Connects again and again until the file "stop" appears, and says how often it was turned away or cut off unheard.
import os, socket, sys, time
name, stop = "\0mesh-loopback/" + sys.argv[1], sys.argv[2]
refused = total = 0
waiting = []
while not os.path.exists(stop):
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    total += 1
    try:
        link.connect(name)
        waiting.append(link)
    except OSError:
        refused += 1
    if total == 20:
        open(stop + "-not-yet", "w").close()
    if len(waiting) > 20:
        waiting.pop(0).close()
    time.sleep(0.001)
print(total, refused)
PYTHON
for language in c swift rust; do
  rm -f "$work/stop" "$work/stop-not-yet"
  python3 "$work/dial.py" "bob-$$-$round" "$work/stop" >"$work/dialled" &
  dialler=$!
  pids+=("$dialler")
  until_true 10 test -e "$work/stop-not-yet"
  ctl bob plugins replace loopback "$examples/plugin-$language/mesh_loopback.so" >/dev/null
  ctl alice plugins replace loopback "$examples/plugin-$language/mesh_loopback.so" >/dev/null
  sleep 0.1
  touch "$work/stop"
  wait "$dialler"
  read -r total refused <"$work/dialled"
  ((total > 20 && refused == 0)) || fail "$language: $refused of $total connections were refused"
  shows "plugin-$language/mesh_loopback.so" ctl bob plugins --json
  carries "$language-again"
  step "$language: replaces the one that runs; $total connections meanwhile, none refused"
done
echo "all good"
