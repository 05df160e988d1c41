#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# No allocation per message in steady state, in the build that is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift build -c release -j "${JOBS:-2}" --product steady-allocations >/dev/null
timeout 120 .build/release/steady-allocations build/plugins
