#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/../.."
make --no-print-directory build/tests/mesh-relay
python3 -B Tests/Relay/relay_test.py build/tests/mesh-relay
