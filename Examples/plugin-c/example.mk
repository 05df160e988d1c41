# SPDX-License-Identifier: Apache-2.0
# Builds this example for `make examples`; its own Makefile has the command. Included by the root Makefile.
EXAMPLES += build/examples/plugin-c/mesh_loopback.so

build/examples/plugin-c/mesh_loopback.so: Examples/plugin-c/loopback.c include/mesh/mesh_plugin.h \
  include/mesh/mesh_plugin_c.h
	$(MAKE) --no-print-directory -C Examples/plugin-c OUT=$(CURDIR)/$(@D)
