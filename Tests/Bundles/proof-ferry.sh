#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Three nodes of which only the middle one moves, 1,000 bundles each way, each exactly once, on 1,000 random schedules
# (SLICE=1: 50; SCHEDULES=N, FIRST=N). Called by `make proof`.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift build -c release -j "${JOBS:-2}" --product bundle-simulate
.build/release/bundle-simulate ferry "${SCHEDULES:-$([ -n "${SLICE:-}" ] && echo 50 || echo 1000)}" "${FIRST:-0}"
