#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The bindings against the header and the library, and every client example against a live node.
set -euo pipefail
cd "$(dirname "$0")/../.."
Examples/run
out=$PWD/build/examples
export MESH_LIB_DIR=$out/lib LD_LIBRARY_PATH=$out/lib LIBMESH_PATH=$out/lib/libmesh.so.1 CARGO_TARGET_DIR=$out/rust
export PYTHONDONTWRITEBYTECODE=1 TEST_PLUGIN_DIR=$PWD/build/plugins SWIFT_BACKTRACE=enable=no
# Pages for application authors, word by word; pkg-config finds this tree as it would find a package.
mkdir -p "$out/pkgconfig"
cat >"$out/pkgconfig/mesh.pc" <<PC
Name: mesh
Description: this tree
Version: 1.0.0
Cflags: -I$PWD/include
Libs: -L$out/lib -lmesh
PC
tutorial() {
  env -u MESH_LIB_DIR PKG_CONFIG_PATH="$out/pkgconfig" PYTHONPATH="$PWD/CInterop/python" CARGO_TARGET_DIR=target \
    python3 Tests/Clients/tutorial.py "docs/application-author/$1.md" . 'delivered|good morning'
}
for page in first-client-c first-client-rust python-and-swift; do
  tutorial "$page"
  echo "ok: $page: every command"
done

cargo test --offline --locked --quiet --manifest-path CInterop/rust/Cargo.toml
echo "ok: Rust: header, memory, threads"
for test in CInterop/python/tests/*.py; do python3 "$test"; done
if [[ -x /usr/bin/mypy ]]; then (cd CInterop/python && /usr/bin/mypy --cache-dir="$out/mypy" -p mesh); fi
echo "ok: Python: header, types, events"
swift test --package-path CInterop/swift --scratch-path "$out/swift-tests" -j "${JOBS:-2}" -Xcc "-I$PWD/include" \
  -Xlinker "-L$out/lib"
echo "ok: Swift: header, names"
