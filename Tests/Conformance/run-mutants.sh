#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds every mutant, with the linker flags of its second line if it has any, and asks mesh-plugin-check for the one case that must catch it. Fails when one survives.
set -u
cd "$(dirname "$0")/../.." || exit 2
survivors=0
for source in Tests/Conformance/mutants/*.c; do
  name=$(basename "$source" .c)
  caught=$(sed -n '1s/^\/\/ Caught by: //p' "$source")
  link=$(sed -n '2s/^\/\/ Linked with: //p' "$source")
  # What it is made of: the template, or the example with lanes.
  case $name in
    lane_*) id=loopback listen="--listen loopback:$name" ;;
    *) id=unix listen= ;;
  esac
  mkdir -p "build/mutants/$name"
  ${CC:-cc} -std=c11 -Wall -Wextra -Wno-unused-variable -fPIC -fvisibility=hidden -Iinclude -O1 -shared \
    ${link:--Wl,-z,nodelete,-z,now,--version-script=include/mesh/mesh_plugin.version} \
    -o "build/mutants/$name/mesh_$id.so" "$source" || exit 2
  # shellcheck disable=SC2086
  build/mesh-plugin-check --only "^$caught\$" $listen "build/mutants/$name/mesh_$id.so" >"build/mutants/$name/log" 2>&1
  if [ $? -ne 1 ] || ! grep -q '^failed' "build/mutants/$name/log"; then
    echo "SURVIVED $name ($caught)"
    survivors=$((survivors + 1))
  else
    echo "caught   $name"
  fi
done
exit $((survivors > 0))
