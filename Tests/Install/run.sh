#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is built below a folder of its own: meshd finds the installed plugins and accepts the example, the
# manual pages are clean, and uninstall leaves nothing. Called by `make test`.
set -uo pipefail
cd "$(dirname "$0")/../.."
export SWIFT_BACKTRACE=enable=no
destination=$PWD/build/tests/install
work=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null; rm -rf "$work"' EXIT
passed=0 failed=0

check() {
  local name=$1
  shift
  if "$@" >"$work/output" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
    sed 's/^/  | /' "$work/output"
  fi
}
# The build is there already; what it made is all that is asked for.
install_target() { make --no-print-directory -o build "$1" PREFIX=/usr DESTDIR="$destination"; }
has() { local path; for path in "$@"; do [ -s "$destination/usr/$path" ] || { echo "no $path"; return 1; }; done; }
stripped() { ! readelf -SW "$1" | grep -E '\.(symtab|debug_info)'; }
clean_page() { [ -z "$(groff -man -ww -z -Tutf8 "$1" 2>&1 | tee /dev/stderr)" ]; }
accepts() { "$destination/usr/bin/meshd" --check --config "$1"; }

loads_plugins() {
  "$destination/usr/bin/meshd" --config "$work/mesh.yaml" >"$work/log" 2>&1 &
  daemon=$!
  local listed=
  for _ in $(seq 100); do
    listed=$("$destination/usr/bin/meshctl" --socket "$work/admin.sock" plugins list --json 2>&1) && break
    sleep 0.1
  done
  kill -TERM "$daemon"
  wait "$daemon"
  local code=$?
  daemon=
  echo "$listed"
  cat "$work/log"
  [ "$code" -eq 0 ] || return 1
  for id in unix websocket; do
    grep -qF "$destination/usr/lib/mesh/plugins/mesh_$id.so" <<<"${listed//\\//}" || return 1
  done
}
leaves_nothing() { local left; left=$(find "$destination" ! -type d) && echo "$left" && [ -z "$left" ]; }

# The folder of a checkout need not belong to root.
cat >"$work/mesh.yaml" <<YAML
node: { state: $work/state }
plugins: { trust: any }
transports:
  unix: { listen: ["unix://$work/link.sock"] }
  websocket: { listen: ["ws://127.0.0.1:0/mesh"] }
control: { socket: $work/client.sock, admin_socket: $work/admin.sock }
YAML
sed 's/trust: packaged/trust: any/' packaging/mesh.yaml >"$work/example.yaml"

rm -rf "$destination"
check "make install" install_target install
check "everything is in its place" has bin/meshd bin/meshctl lib/mesh/plugins/mesh_{unix,websocket}.so \
  share/mesh/client.yaml include/mesh/mesh_plugin.{h,version} share/man/man8/meshd.8 share/man/man1/meshctl-ping.1 \
  share/bash-completion/completions/meshctl share/zsh/site-functions/_meshctl \
  share/fish/vendor_completions.d/meshctl.fish share/doc/mesh/examples/mesh.yaml lib/systemd/system/meshd.service
check "the unit starts what is installed" \
  grep -q '^ExecStart=/usr/bin/meshd ' "$destination/usr/lib/systemd/system/meshd.service"
for file in "$destination"/usr/bin/* "$destination"/usr/lib/mesh/plugins/*; do
  check "${file##*/} is stripped" stripped "$file"
done
check "bash reads its completions" bash -n "$destination/usr/share/bash-completion/completions/meshctl"
if command -v groff >/dev/null; then
  for page in "$destination"/usr/share/man/man?/*; do
    check "${page##*/} renders without a warning" clean_page "$page"
  done
fi
check "meshd accepts the example" accepts "$work/example.yaml"
check "meshd runs with the installed plugins" loads_plugins
check "make uninstall" install_target uninstall
check "nothing is left" leaves_nothing
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
