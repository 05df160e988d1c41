# SPDX-License-Identifier: Apache-2.0
# The test host and what is built on it. Included by the root Makefile; needs Plugins/Unix/unix.mk.

TEST_CFLAGS ?= -O1 -g
TEST_FLAGS = -std=c11 -Wall -Wextra -Werror -Iinclude -pthread
TEST_HOST = Tests/Conformance/host.c Tests/Conformance/host_table.c Tests/Conformance/host_events.c \
  Tests/Conformance/host_params.c Tests/Conformance/host_streams.c
TEST_HOST_HEADERS = Tests/Conformance/host.h Tests/Conformance/host_state.h include/mesh/mesh_plugin.h \
  include/mesh/mesh_stream.h
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

build/tests/unix_test: Tests/Plugins/Unix/unix_test.c Tests/Plugins/Unix/pair.h $(TEST_HOST) $(TEST_HOST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(TEST_FLAGS) $(TEST_CFLAGS) -o $@ $< $(TEST_HOST)

build/tests/unix_test-sanitized: Tests/Plugins/Unix/unix_test.c Tests/Plugins/Unix/pair.h $(TEST_HOST) $(TEST_HOST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(TEST_FLAGS) $(TEST_CFLAGS) $(SANITIZE) -o $@ $< $(TEST_HOST)

# Linked without -z defs: the sanitizer's functions come from the program.
build/tests/sanitized/mesh_unix.so: Plugins/Unix/unix.c Plugins/Unix/endpoint.h
	@mkdir -p $(@D)
	$(CC) $(PLUGIN_FLAGS) -O1 -g $(SANITIZE) -shared -o $@ $<

.PHONY: test-unix
test-unix: build/plugins/mesh_unix.so build/tests/unix_test build/tests/unix_test-sanitized \
  build/tests/sanitized/mesh_unix.so
	build/tests/unix_test build/plugins/mesh_unix.so
	build/tests/unix_test-sanitized build/tests/sanitized/mesh_unix.so

CHECK_SOURCES = Tests/Conformance/mesh-plugin-check.c Tests/Conformance/check_file.c \
  Tests/Conformance/check_table.c Tests/Conformance/check_link.c Tests/Conformance/check_stream.c

build/mesh-plugin-check: $(CHECK_SOURCES) $(TEST_HOST) $(TEST_HOST_HEADERS) Tests/Conformance/check.h
	@mkdir -p $(@D)
	$(CC) $(TEST_FLAGS) $(TEST_CFLAGS) -o $@ $(CHECK_SOURCES) $(TEST_HOST)

# The example with lanes that come and go, which no shipped plugin has.
build/tests/lanes/mesh_loopback.so: Tests/Conformance/lanes/lanes.c Examples/plugin-c/loopback.c \
  $(wildcard include/mesh/*.h)
	@mkdir -p $(@D)
	$(CC) $(PLUGIN_FLAGS) $(PLUGIN_CFLAGS) -std=gnu11 $(PLUGIN_LINK) -o $@ $<

.PHONY: conformance mutants
conformance: build/mesh-plugin-check build/plugins/mesh_unix.so build/tests/lanes/mesh_loopback.so
	build/mesh-plugin-check build/plugins/mesh_unix.so
	build/mesh-plugin-check --listen loopback:check-lanes build/tests/lanes/mesh_loopback.so

mutants: build/mesh-plugin-check
	Tests/Conformance/run-mutants.sh
