#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Records every write and sync of the bundle store, cuts at every one of them, and opens what a disk may hold then:
# nothing that was acknowledged may be lost (SLICE=1: fewer bundles). Called by `make proof`.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift build -c release -j "${JOBS:-2}" --product bundle-power
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cc -O1 -shared -fPIC -D_FORTIFY_SOURCE=0 -o "$folder/record.so" Tests/Bundles/Power/record.c -ldl -lpthread
seeds=$([ -n "${SLICE:-}" ] && echo 1 || echo "${ROUNDS_OF_CUTS:-5}")
for ((seed = 1; seed <= seeds; seed++)); do
  mkdir "$folder/store"
  POWER_LOG="$folder/log" LD_PRELOAD="$folder/record.so" \
    .build/release/bundle-power run "$folder/store" "$([ -n "${SLICE:-}" ] && echo 150 || echo 400)" "$seed"
  [ -s "$folder/log" ] || { echo "power loss: nothing was recorded"; exit 1; }
  .build/release/bundle-power replay "$folder/log" "$folder/replay" "$seed"
  rm -rf "$folder/store" "$folder/log" "$folder/replay"
done
