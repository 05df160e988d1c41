#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The conformance kit against the shipped plugins, and against plugins that are broken on purpose.
set -euo pipefail
cd "$(dirname "$0")/../.."
make --no-print-directory conformance mutants
build/mesh-plugin-check --listen ws://127.0.0.1:0/mesh build/plugins/mesh_websocket.so
