#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The suite in C, libmesh and meshd under the address sanitizer, with its leak sanitizer on and nothing suppressed: the
# nodes in the process, then attached to two daemons, which are looked at for leaks too when they stop.
set -euo pipefail
cd "$(dirname "$0")/../.."
export SWIFT_BACKTRACE=enable=no
jobs=${JOBS:-2} built=.build-address/debug place=build/address
mkdir -p build/results $place
# As in scripts/proof: a second build with a sanitizer needs the first one's description gone.
for product in mesh meshd; do
  rm -f $built/description.json .build-address/debug.yaml
  swift build -j "$jobs" --sanitize=address --scratch-path .build-address --product $product \
    >build/results/library-address.log 2>&1 || { cat build/results/library-address.log; exit 1; }
done
install -m 755 $built/libmesh.so $place/libmesh.so.1
ln -sfn libmesh.so.1 $place/libmesh.so
# The sanitizer's runtime is the compiler's that Swift brings.
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
"$clang" -std=c11 -Wall -Wextra -Wpedantic -Werror -O1 -g -fno-omit-frame-pointer -fsanitize=address -fuse-ld=lld \
  -Iinclude -o $place/library_suite Tests/Library/suite/*.c -L$place -lmesh '-Wl,-rpath,$ORIGIN' -pthread
SUITE=$place/library_suite MESHD=$built/meshd GUEST=no ASAN_OPTIONS=detect_leaks=1:exitcode=99 Tests/Library/run.sh
