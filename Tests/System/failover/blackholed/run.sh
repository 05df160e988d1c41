#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The link in use goes silent: no error, no end, no bytes.
set -euo pipefail
cd "$(dirname "$0")/../../../.."
how=blackholed
pattern='progress|suspect|silent'
strike() { tell_relay blackhole on; }
mend() { tell_relay blackhole off; }
# shellcheck source=../scenario.bash
source Tests/System/failover/scenario.bash
