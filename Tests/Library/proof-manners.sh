#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The library's manners as a guest with 10,000 nodes opened and closed, or CYCLES; 500 with SLICE=1.
set -euo pipefail
cd "$(dirname "$0")/../.."
cycles=${CYCLES:-10000}
[[ -z ${SLICE:-} ]] || cycles=500
make --no-print-directory build/tests/library_manners build/plugins/mesh_unix.so >/dev/null
work=$(mktemp -d /tmp/mesh-manners.XXXXXX)
trap 'rm -rf "$work"' EXIT
MESH_PLUGINS=$PWD/build/plugins SWIFT_BACKTRACE=enable=no \
  timeout $((600 + cycles / 2)) build/tests/library_manners "$work" "$cycles"
