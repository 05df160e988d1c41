# SPDX-License-Identifier: Apache-2.0
# The client examples, in C, Rust, Python and Swift.

.PHONY: examples client-examples
examples: client-examples

client-examples: build
	@scripts/install-packages test
	@scripts/step "client examples" Examples/run
