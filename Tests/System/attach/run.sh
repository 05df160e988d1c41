#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Applications attached to two daemons, in raw records. Usage: run.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
. Tests/System/library.bash

configure a
configure b
start a
start b
acquaint a b
until_true 10 shows connected ctl a peers
timeout 120 python3 Tests/System/attach/records.py "$work/a/client.sock" "$work/b/client.sock"
until_true 5 shows '"peers": *1' ctl a status --json
ctl a status >/dev/null
ctl b status >/dev/null
step "both daemons live"
