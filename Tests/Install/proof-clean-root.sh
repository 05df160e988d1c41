#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian packages in a Debian 12 of their own, without Swift: install them, start the daemon as its user, build a C
# client with pkg-config, exchange messages, and purge everything without a trace. Needs root. Called by `make deb-check`.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" -eq 0 ] || { echo "proof-clean-root: needs root, for chroot"; exit 1; }
passed=0 failed=0
base=build/clean-root/base root=build/clean-root/root log=build/results/clean-root.log
mkdir -p build/clean-root/cache build/results
: >"$log"

check() {
  local name=$1
  shift
  if "$@" >>"$log" 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $name"; tail -n 20 "$log"; fi
}
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }
cleanup() {
  [ ! -f "$root/run/mesh/meshd.pid" ] || kill -KILL "$(cat "$root/run/mesh/meshd.pid")" 2>/dev/null || true
  local place
  for place in proc dev; do mountpoint -q "$root/$place" && umount "$root/$place"; done
  rm -rf "$root"
}
trap cleanup EXIT

# The mirror that this machine uses; debootstrap's own when it names none.
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | head -n 1 || true)
if [ ! -e "$base/done" ]; then
  rm -rf "$base"
  echo "Making a Debian 12 in $base"
  # What the packages depend on comes with it, so that dpkg alone installs them.
  quic=libnghttp2-14,libnghttp3-3,libngtcp2-9,libngtcp2-crypto-gnutls2
  debootstrap --variant=minbase --cache-dir="$PWD/build/clean-root/cache" \
    --include="gcc,libc6-dev,pkg-config,libgnutls30,libsodium23,libyaml-0-2,libstdc++6,zlib1g,liblmdb0,$quic" \
    bookworm "$base" ${mirror:+"$mirror"} >>"$log" 2>&1 || { tail -n 20 "$log"; exit 1; }
  touch "$base/done"
fi
cleanup
cp -a "$base" "$root"
mount --bind /proc "$root/proc"
mount --bind /dev "$root/dev"
mkdir -p "$root/packages"
cp build/deb/*.deb "$root/packages/"
listing() {
  find "$root" -xdev \( -path "$root/proc" -o -path "$root/dev" -o -path "$root/packages" -o -path "$root/tmp" \
    -o -path "$root/run" -o -path "$root/etc/*-" -o -path "$root/var/lib/dpkg" -o -path "$root/var/log" -o -path "$root/var/cache" \) -prune \
    -o -print | sort
}
listing >build/clean-root/before

wait_for() { local i; for i in $(seq 100); do "$@" && return; sleep 0.1; done; return 1; }
start() {
  mkdir -p "$root/run/mesh"
  inside chown mesh:mesh /run/mesh
  # Not through a function, whose subshell would get the signal instead of the daemon.
  chroot "$root" env -i PATH=/usr/bin:/bin XDG_STATE_HOME=/var/lib XDG_RUNTIME_DIR=/run setpriv --reuid mesh --regid mesh --init-groups meshd --config /etc/mesh/mesh.yaml >>"$log" 2>&1 &
  daemon=$!
  echo "$daemon" >"$root/run/mesh/meshd.pid"
  wait_for inside meshctl status >/dev/null
}
stop() { kill -TERM "$daemon" && wait "$daemon"; rm -f "$root/run/mesh/meshd.pid"; }
compile() {
  cp Tests/Install/client.c "$root/tmp/client.c"
  # shellcheck disable=SC2016
  inside sh -c 'cc -Wall -Wextra -Werror -o /tmp/client /tmp/client.c $(pkg-config --cflags --libs mesh)'
}
exchange() { mkdir -p "$root/tmp/node" && inside timeout 60 /tmp/client /tmp/node 1000 | grep -x '1000 messages'; }
nothing_left() { listing >build/clean-root/after; diff build/clean-root/before build/clean-root/after; }
no_user() { ! inside getent passwd mesh && ! inside getent group mesh; }

check "there is no Swift in the root" bash -c "! find '$root' -name 'libswift*' | grep -q ."
check "the packages install" inside sh -c 'dpkg -i /packages/*.deb'
check "the programs run" inside meshctl --version
check "the configuration is accepted" inside meshd --check --config /etc/mesh/mesh.yaml
check "the daemon starts as its user" start
check "its plugins run" bash -c "chroot '$root' meshctl plugins list | grep -q websocket"
check "a client compiles with pkg-config" compile
check "1000 messages go through the library and the daemon" exchange
check "the daemon stops in order" stop
check "the packages are purged" inside sh -c 'dpkg --purge mesh mesh-plugins libmesh-dev libmesh1'
check "no file is left" nothing_left
check "no user or group is left" no_user
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
