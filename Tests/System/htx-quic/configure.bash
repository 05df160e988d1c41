# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts beside it, behind Tests/System/library.bash.
configure_htx() { # name htx-keys [more-yaml]
  mkdir -p -m 700 "$work/$1"
  cat >"$work/$1/mesh.yaml" <<YAML
transport_priority: [htx]
node: { state: $work/$1/state, stop_timeout: 1s }
plugins: { directories: [$plugins], trust: any }
transports:
  htx: { $2 }
control: { socket: $work/$1/client.sock, admin_socket: $work/$1/admin.sock }
log: { level: info, format: text }
protocols:
  /mesh/file/1: { allow: ["*"], folder: $work/$1/received }
${3:-}
YAML
}
figure() { ctl "$1" metrics | sed -n "s/^mesh_plugin_$2{.*} //p"; } # name figure
address_of() { # name address: with ticket key and pin
  ctl "$1" --json htx ticket "$2" | python3 -c 'import json, sys; print(json.load(sys.stdin)["address"])'
}
