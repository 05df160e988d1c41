# SPDX-License-Identifier: Apache-2.0
# Builds this example for `make examples`; its own Makefile has the command. Included by the root Makefile.
EXAMPLES += build/examples/plugin-swift/mesh_loopback.so

build/examples/plugin-swift/mesh_loopback.so: $(wildcard Examples/plugin-swift/Sources/*.swift) \
  include/mesh/mesh_plugin.h
	$(MAKE) --no-print-directory -C Examples/plugin-swift OUT=$(CURDIR)/$(@D)
