#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares the headers, and those of the final extensions, with the stored baseline of their minor or revision: any change at all fails, of a type, a function or, in
# mesh.h, the value of a constant. A new minor stores baselines of its own with `--store`; that the plugin ABI only grew
# is what CInterop/CMeshABI/layout.c asserts. (abidiff could be told to pass growth, but then lets changes of function
# parameters through as well.)
set -u
cd "$(dirname "$0")/../.." || exit 2
include=${MESH_INCLUDE:-include}
command -v abidw >/dev/null || { echo "abidw is missing: install abigail-tools"; exit 2; }
mkdir -p build/abi
failures=0 store=${1:-}

minor() { sed -n "s/^#define $1 \([0-9]*\)u\$/\1/p" "$include/mesh/$2"; }

# The prefix map keeps the machine's own paths out of the baseline.
mirror() { # source library
  ${CC:-cc} -std=gnu11 -g -gdwarf-4 -O0 -shared -fPIC "-ffile-prefix-map=$PWD=." "-I$include" -o "$2" "$1" || exit 2
}

# Every function of mesh.h as a variable of its type, so that abidw sees parameters and results of all of them.
library_mirror() {
  echo '#include <mesh/mesh.h>'
  tr '\n' ' ' <"$include/mesh/mesh.h" | sed 's/MESH_PUBLIC/\n&/g' |
    sed -nE 's/^MESH_PUBLIC [^(]*\b(mesh_[a-z0-9_]+)\(.*/__typeof__(\1) *mirror_\1 = \1;/p' | sort
}

# The macros of mesh.h that the compiler knows, without the patch number and what its dialect brings.
constants() {
  printf '#include <mesh/mesh.h>\n' | ${CC:-cc} -std=gnu11 -E -dM "-I$include" - |
    sed -nE 's/^#define (MESH_[A-Z0-9_]+) ([^_].*)$/\1 \2/p' |
    grep -v -e '^MESH_VERSION_PATCH ' -e '^MESH_CHECK_RESULT ' -e '^MESH_PUBLIC ' | LC_ALL=C sort
}

compare() { # name baseline library
  if [ "$store" = --store ]; then
    [ ! -e "$2" ] || { echo "$2 exists: a released minor does not change"; return; }
    abidw --no-comp-dir-path --no-corpus-path --no-show-locs --out-file "$2" "$3"
    return
  fi
  [ -e "$2" ] || { echo "no baseline $2: store it with $0 --store"; failures=1; return; }
  abidiff --no-show-locs "$2" "$3"
  status=$?
  # Bits of the result: 1 an error of the tool, 2 of its use, 4 a change, 8 an incompatible one.
  if [ "$status" -ne 0 ]; then
    echo "$1 differs from its baseline (abidiff: $status)."
    failures=1
  else
    echo "$1 is that of its baseline."
  fi
}

mirror Tests/ABI/mirror.c build/abi/libmirror.so
compare "The plugin ABI" "Tests/ABI/baseline/mesh_plugin-1.$(minor MESH_PLUGIN_ABI_MINOR mesh_plugin.h).abi" \
  build/abi/libmirror.so

mirror Tests/ABI/mirror_extensions.c build/abi/libmirror_extensions.so
compare "The ABI of the extensions" "Tests/ABI/baseline/mesh_extensions-1.abi" build/abi/libmirror_extensions.so

baseline=Tests/ABI/baseline/mesh-1.$(minor MESH_VERSION_MINOR mesh.h)
library_mirror >build/abi/library_mirror.c
mirror build/abi/library_mirror.c build/abi/liblibrary_mirror.so
compare "The ABI of libmesh" "$baseline.abi" build/abi/liblibrary_mirror.so
constants >build/abi/constants
if [ "$store" = --store ]; then
  [ -e "$baseline.constants" ] || cp build/abi/constants "$baseline.constants"
elif ! diff "$baseline.constants" build/abi/constants; then
  echo "Constants of mesh.h differ from $baseline.constants."
  failures=1
fi
[ "$failures" -eq 0 ]
