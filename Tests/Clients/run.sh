#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The bindings against the header and the library, and every client example against a live node.
set -euo pipefail
cd "$(dirname "$0")/../.."
Examples/run
out=$PWD/build/examples
export MESH_LIB_DIR=$out/lib LD_LIBRARY_PATH=$out/lib LIBMESH_PATH=$out/lib/libmesh.so.1 CARGO_TARGET_DIR=$out/rust
export PYTHONDONTWRITEBYTECODE=1 TEST_PLUGIN_DIR=$PWD/build/plugins SWIFT_BACKTRACE=enable=no
cargo test --offline --locked --quiet --manifest-path CInterop/rust/Cargo.toml
echo "ok: Rust: header, memory, threads"
for test in CInterop/python/tests/*.py; do python3 "$test"; done
if [[ -x /usr/bin/mypy ]]; then (cd CInterop/python && /usr/bin/mypy --cache-dir="$out/mypy" -p mesh); fi
echo "ok: Python: header, types, events"
swift test --package-path CInterop/swift --scratch-path "$out/swift-tests" -j "${JOBS:-2}" -Xcc "-I$PWD/include" \
  -Xlinker "-L$out/lib"
echo "ok: Swift: header, names"
