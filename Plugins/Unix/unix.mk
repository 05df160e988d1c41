# SPDX-License-Identifier: Apache-2.0
# mesh_unix: one cc command, the same for any plugin in C. Included by the root Makefile, from the root folder.

PLUGIN_CFLAGS ?= -O2 -g
PLUGIN_FLAGS = -std=c11 -Wall -Wextra -Wpedantic -Werror -fPIC -fvisibility=hidden -Iinclude
PLUGIN_LINK = -shared -Wl,-z,nodelete,-z,now,-z,relro,-z,noexecstack,-z,defs \
  -Wl,--version-script=include/mesh/mesh_plugin.version

build/plugins/mesh_unix.so: Plugins/Unix/unix.c Plugins/Unix/endpoint.h include/mesh/mesh_plugin.h include/mesh/mesh_plugin_c.h
	@mkdir -p $(@D)
	$(CC) $(PLUGIN_FLAGS) $(PLUGIN_CFLAGS) $(PLUGIN_LINK) -o $@ $<
