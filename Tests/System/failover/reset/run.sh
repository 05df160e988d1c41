#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The link in use is reset; a new one can be had at once.
set -euo pipefail
cd "$(dirname "$0")/../../../.."
how=reset
pattern='died|closed|reset'
strike() { tell_relay reset; }
mend() { :; }
# shellcheck source=../scenario.bash
source Tests/System/failover/scenario.bash
