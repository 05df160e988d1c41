#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The process that carries the link in use is killed.
set -euo pipefail
cd "$(dirname "$0")/../../../.."
how=killed
pattern='died|closed|reset'
strike() { murder relay; }
mend() { start_relay "$front" "$behind"; }
# shellcheck source=../scenario.bash
source Tests/System/failover/scenario.bash
