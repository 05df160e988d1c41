#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a plugin exports is exactly its entry. Arguments: plugin files.
set -u
failures=0
[ $# -gt 0 ] || { echo "usage: symbols.sh PLUGIN.so..."; exit 2; }
for file in "$@"; do
  exported=$(nm -D --extern-only --defined-only "$file" | awk '{print $NF}' | sort | tr '\n' ' ')
  if [ "$exported" = "mesh_plugin_entry_v1 " ]; then
    echo "checked  $file"
  else
    echo "FAILED   $file exports: $exported"
    failures=$((failures + 1))
  fi
done
[ "$failures" -eq 0 ]
