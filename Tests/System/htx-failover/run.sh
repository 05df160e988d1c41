#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The network and the site fail under links of HTX, and sessions go on: each case in a network namespace of its own, with
# two nodes. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
if ! command -v nft >/dev/null || ! unshare --map-root-user --net nft list ruleset 2>/dev/null; then
  echo "skipped: no network namespaces with nftables here; htx-quic and failover have the cases that a relay can make"
  echo "0 passed, 0 failed"
  exit
fi
passed=0 failed=0
for case in udp-blocked udp-blackholed tcp-reset restarted certificate; do
  began=$SECONDS
  if timeout 60 unshare --map-root-user --net bash "Tests/System/htx-failover/$case.sh"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $case"
  fi
  echo "$case: $((SECONDS - began)) s"
done
echo "$passed passed, $failed failed"
((failed == 0))
