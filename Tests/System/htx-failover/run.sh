#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The network and the site fail under links of HTX, and sessions go on, with two nodes in each case: in a network namespace
# of its own where that is allowed, else behind relays. Called by `make test`. `relayed=1` asks for relays anyway.
set -euo pipefail
cd "$(dirname "$0")/../../.."
if ! command -v nft >/dev/null || ! unshare --map-root-user --net nft list ruleset 2>/dev/null; then
  relayed=1
fi
export relayed=${relayed:-}
if [[ -n $relayed ]]; then
  echo "the network fails by relays"
  alone=(env)
else
  alone=(unshare --map-root-user --net)
fi
passed=0 failed=0
for case in udp-blocked udp-blackholed tcp-reset unix restarted certificate; do
  began=$SECONDS
  if timeout 90 "${alone[@]}" bash "Tests/System/htx-failover/$case.sh"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $case"
  fi
  echo "$case: $((SECONDS - began)) s"
done
echo "$passed passed, $failed failed"
((failed == 0))
