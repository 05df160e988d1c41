#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares the plugin ABI with the stored baseline of its minor: any change at all fails. A new minor stores a baseline
# of its own with `--store`; that it only grew is what CInterop/CMeshABI/layout.c asserts. (abidiff could be told to
# pass growth, but then lets changes of function parameters through as well.)
set -u
cd "$(dirname "$0")/../.." || exit 2
include=${MESH_INCLUDE:-include}
minor=$(sed -n 's/^#define MESH_PLUGIN_ABI_MINOR \([0-9]*\)u$/\1/p' "$include/mesh/mesh_plugin.h")
baseline=Tests/ABI/baseline/mesh_plugin-1.$minor.abi
command -v abidw >/dev/null || { echo "abidw is missing: install abigail-tools"; exit 2; }
mkdir -p build/abi
# The prefix map keeps the machine's own paths out of the baseline.
${CC:-cc} -std=c11 -g -gdwarf-4 -O0 -shared -fPIC "-ffile-prefix-map=$PWD=." "-I$include" \
  -o build/abi/libmirror.so Tests/ABI/mirror.c || exit 2
if [ "${1:-}" = --store ]; then
  [ ! -e "$baseline" ] || { echo "$baseline exists: a released minor does not change"; exit 1; }
  abidw --no-comp-dir-path --no-corpus-path --no-show-locs --out-file "$baseline" build/abi/libmirror.so
  exit
fi
[ -e "$baseline" ] || { echo "no baseline for 1.$minor: store it with $0 --store"; exit 1; }
abidiff --no-show-locs "$baseline" build/abi/libmirror.so
status=$?
# Bits of the result: 1 an error of the tool, 2 of its use, 4 a change, 8 an incompatible one.
if [ "$status" -ne 0 ]; then
  echo "The plugin ABI differs from 1.$minor (abidiff: $status)."
  exit 1
fi
echo "The plugin ABI is that of 1.$minor."
