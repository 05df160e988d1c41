#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The conformance kit against the shipped plugins and the examples, and against plugins that are broken on purpose.
set -euo pipefail
cd "$(dirname "$0")/../.."
make --no-print-directory conformance mutants
build/mesh-plugin-check --listen ws://127.0.0.1:0/mesh build/plugins/mesh_websocket.so
build/mesh-plugin-check build/plugins/mesh_dtn.so
build/mesh-plugin-check --listen htx+tcp://127.0.0.1:0 build/plugins/mesh_htx.so
build/mesh-plugin-check --listen htx://127.0.0.1:0 build/plugins/mesh_htx.so
for plugin in build/examples/plugin-*/mesh_loopback.so; do
  echo "$plugin"
  build/mesh-plugin-check --listen "loopback:check-$$" "$plugin"
done
make --no-print-directory -C Examples/plugin-rust test TARGET="$PWD/build/examples/cargo"
