#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The plugin ABI: headers in every dialect, layout against the stored baseline, symbols, drafts, the stored 1.0 binary.
set -euo pipefail
cd "$(dirname "$0")/../.."
make --no-print-directory abi
