#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keeps the template plugin as built at this minor, stripped: later hosts have to load it. Small files only.
set -eu
cd "$(dirname "$0")/../.."
minor=$(sed -n 's/^#define MESH_PLUGIN_ABI_MINOR \([0-9]*\)u$/\1/p' include/mesh/mesh_plugin.h)
folder=Tests/ABI/binaries/1.$minor
mkdir -p "$folder"
strip -o "$folder/mesh_unix.so" build/plugins/mesh_unix.so
size=$(stat -c %s "$folder/mesh_unix.so")
if [ "$size" -gt 40960 ]; then
  rm "$folder/mesh_unix.so"
  echo "mesh_unix.so has $size bytes, more than 40,960"
  exit 1
fi
echo "$folder/mesh_unix.so: $size bytes"
