# SPDX-License-Identifier: Apache-2.0
# Builds the client examples of every language for `make examples`; Examples/run has the commands, and runs them in the
# tests. Included by the root Makefile.
EXAMPLES += build/examples/clients

.PHONY: build/examples/clients
build/examples/clients:
	@[ -e build/lib/libmesh.so.1 ] || $(MAKE) --no-print-directory build
	Examples/run --build
