#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ten minutes, or SOAK_SECONDS, of mixed traffic through the library in one process, with the plugins in Swift and in C
# loaded; 20 seconds with SLICE=1. Once plain, once with the allocator of the address sanitizer. Called by `make soak`.
set -euo pipefail
cd "$(dirname "$0")/../.."
export SWIFT_BACKTRACE=enable=no
length=${SOAK_SECONDS:-600}
[[ -z ${SLICE:-} ]] || length=20
make --no-print-directory build/tests/library_soak build/tests/library_soak_address >/dev/null
work=
trap 'rm -rf "$work"' EXIT
for program in library_soak library_soak_address; do
  rm -rf "$work"
  work=$(mktemp -d /tmp/mesh-soak.XXXXXX)
  echo "# $program"
  # What the sanitizer keeps for itself is kept small: freed memory, and a stack for each place that allocates,
  # of which code without frame pointers seems to have ever new ones. The Swift runtime keeps its metadata for ever.
  ASAN_OPTIONS=quarantine_size_mb=1:thread_local_quarantine_size_kb=64:malloc_context_size=0:detect_leaks=0 \
    timeout $((length + 180)) "build/tests/$program" "$work" "$PWD/build/plugins" "$length"
done
