#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The server is killed under load and started again: its peer comes back over QUIC, with every message accounted for.
source Tests/System/htx-failover/scenario.bash
node alice htx "  htx: { fallback_minimum: 4s, fallback_maximum: 4s }"
serve_site htx htx
start alice
acquaint alice bob
until_true 10 ctl alice ping bob --count 1
until_true 10 over alice 1
begin_flow
begin_copy file 300000000
until_true 8 part_beyond file 10000000
crash
had=$(stat -c %s "$work/bob/received/.file.part")
back
code=0
wait "$copy" || code=$?
if ((code != 0)); then
  until_true 15 ctl alice ping bob --count 1 --timeout 1s
  ctl alice cp "$work/file" bob:file >"$work/file.copy" 2>&1 || fail "cp does not resume: $(cat "$work/file.copy")"
fi
[[ $(hash_of "$work/bob/received/file") == "$(hash_of "$work/file")" ]] || fail "the file has changed"
step "the server was killed at $had bytes of a file, which is whole (cp ended with $code): $(grep -oE '[0-9.]+ MiB in .*' "$work/file.copy")"
# A link to a server that has gone says goodbye for a while, beside the one that replaced it.
until_true 10 over alice 1
# Told by the new process's reset, or by its session on a link that came up before that.
[[ $(says alice bob) =~ "htx went down after "[0-9.]*" "m?s": "("the peer was restarted"|"QUIC: the other end has lost the") ]] ||
  fail "$(ctl alice why bob)"
step "server restarted: ${BASH_REMATCH[0]}"
end_flow_over_crash "server restarted"

# While nothing is said, nobody misses him: the first packet to the new process is answered with a reset that is believed.
# Where something was still said when he was killed, the link is given up before that, and he is killed again.
resets() { grep -c 'link_failed .*QUIC: the other end has lost the connection' "$work/alice/log" || true; }
before=$(resets)
for _ in 1 2 3; do
  ctl alice ping bob --count 3 --interval 300ms >/dev/null
  murder bob
  start bob
  until_true 10 ctl alice ping bob --count 1 --timeout 2s
  (($(resets) == before)) || break
done
(($(resets) > before)) || fail "the reset of the new process is not believed: $(ctl alice why bob)"
step "server restarted in silence: its reset ends the link"
