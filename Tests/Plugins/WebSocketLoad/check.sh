#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks the shared object of the WebSocket plugin: exported names, note, loading. Usage: check.sh path/to/the.so
set -eu
object=$1
here=$(dirname "$0")
root=$here/../../..
names=$(nm -D --defined-only --extern-only "$object" | awk '{ print $3 }')
[ "$names" = mesh_plugin_entry_v1 ] || { echo "exported: $names" >&2; exit 1; }
readelf -n "$object" | grep -q '^ *mesh  *0x' || { echo "no note" >&2; exit 1; }
readelf -p .note.mesh "$object" | grep -q 'id=websocket' || { echo "the note has another id" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -std=c11 -Wall -Wextra -Werror -I "$root/include" -o "$work/load" "$here/load.c" -ldl
"$work/load" "$(realpath "$object")"
