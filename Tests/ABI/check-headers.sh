#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every header in include/mesh compiles alone, in each language and compiler, without a warning.
set -u
cd "$(dirname "$0")/../.." || exit 2
failures=0
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

# A compiler that is missing, or has no C++ library, is named: a gate that is skipped in silence is none.
usable() { # compiler language
  command -v "$1" >/dev/null || { echo "MISSING  $1: not installed"; return 1; }
  case $2 in
    c++) printf '#include <cstddef>\n' | "$1" -x c++ -fsyntax-only - 2>/dev/null \
           || { echo "MISSING  $1: finds no C++ standard library"; return 1; } ;;
  esac
}

check() { # compiler language standards...
  compiler=$1 language=$2
  shift 2
  usable "$compiler" "$language" || { [ -n "${MESH_ALLOW_MISSING:-}" ] || failures=$((failures + 1)); return; }
  for header in include/mesh/*.h include/mesh/draft/*.h; do
    # Included twice: the guard is part of what is checked.
    printf '#include <%s>\n#include <%s>\n' "${header#include/}" "${header#include/}" >"$scratch/one"
    for standard in "$@"; do
      if ! "$compiler" -x "$language" "-std=$standard" -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Iinclude \
          "$scratch/one" 2>"$scratch/log"; then
        echo "FAILED   $header with $compiler -std=$standard"
        cat "$scratch/log"
        failures=$((failures + 1))
      fi
    done
  done
  echo "checked  $compiler: $*"
}

check gcc c c99 c11 c17 c2x
check clang c c99 c11 c17 c2x
check g++ c++ c++11 c++17 c++20
check clang++ c++ c++11 c++17 c++20
[ "$failures" -eq 0 ]
