#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The ABIs: headers in every dialect, both against their stored baselines, symbols, drafts, the stored 1.0 binary.
set -euo pipefail
cd "$(dirname "$0")/../.."
make --no-print-directory abi
