#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every command and every listing of the plugin author's pages, in an empty folder each.
set -euo pipefail
cd "$(dirname "$0")/../.."
make --no-print-directory build/mesh-plugin-check >/dev/null
docs/plugin-author/check-tutorials docs/plugin-author/tutorial-*.md docs/plugin-author/using.md
