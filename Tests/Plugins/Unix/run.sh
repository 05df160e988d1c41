#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Unix-socket plugin under the mini host, plain and under the address and undefined-behaviour sanitizers.
set -euo pipefail
cd "$(dirname "$0")/../../.."
make --no-print-directory test-unix
