# SPDX-License-Identifier: Apache-2.0
# Gates of the plugin ABI. Included by the root Makefile; needs Tests/Conformance/conformance.mk.

DRAFTS = stream carrier discovery broadcast session command

build/drafts/%.so: Tests/ABI/drafts/%.c Tests/ABI/drafts/draft_plugin.h $(wildcard include/mesh/*.h include/mesh/draft/*.h)
	@mkdir -p $(@D)
	$(CC) $(PLUGIN_FLAGS) -Wno-pedantic $(PLUGIN_CFLAGS) $(PLUGIN_LINK) -o $@ $<

build/tests/drafts_test: Tests/ABI/drafts/drafts_test.c $(TEST_HOST) $(TEST_HOST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(TEST_FLAGS) $(TEST_CFLAGS) $(SANITIZE) -o $@ $< $(TEST_HOST)

.PHONY: test-drafts abi
test-drafts: build/tests/drafts_test $(DRAFTS:%=build/drafts/%.so)
	build/tests/drafts_test build/drafts

abi: build/plugins/mesh_unix.so build/mesh-plugin-check test-drafts
	Tests/ABI/check-headers.sh
	Tests/ABI/abidiff.sh
	Tests/ABI/symbols.sh build/plugins/*.so
	Tests/ABI/constants.sh --check
	for file in Tests/ABI/binaries/*/*.so; do build/mesh-plugin-check "$$file" || exit 1; done
