# SPDX-License-Identifier: Apache-2.0
# Tests of libmesh.so.1 in C. Included by the root Makefile, from the root folder.

LIBRARY_TEST_FLAGS = -std=c11 -Wall -Wextra -Wpedantic -Werror -O1 -g -Iinclude
LIBRARY_TEST_LINK = -Lbuild/lib -lmesh '-Wl,-rpath,$$ORIGIN/../lib' -pthread

build/tests/library_suite: $(wildcard Tests/Library/suite/*.c) Tests/Library/suite/suite.h include/mesh/mesh.h
	@mkdir -p $(@D)
	$(CC) $(LIBRARY_TEST_FLAGS) $(SANITIZE) -o $@ $(filter %.c,$^) $(LIBRARY_TEST_LINK)

build/tests/library_manners: Tests/Library/manners/manners.c include/mesh/mesh.h
	@mkdir -p $(@D)
	$(CC) $(LIBRARY_TEST_FLAGS) -o $@ $< $(LIBRARY_TEST_LINK) -ldl

SOAK_SOURCES = $(wildcard Tests/Library/soak/*.c)
build/tests/library_soak: $(SOAK_SOURCES) Tests/Library/soak/soak.h include/mesh/mesh.h
	@mkdir -p $(@D)
	$(CC) $(LIBRARY_TEST_FLAGS) -o $@ $(SOAK_SOURCES) $(LIBRARY_TEST_LINK)

build/tests/library_soak_address: $(SOAK_SOURCES) Tests/Library/soak/soak.h include/mesh/mesh.h
	@mkdir -p $(@D)
	$(CC) $(LIBRARY_TEST_FLAGS) -fsanitize=address -o $@ $(SOAK_SOURCES) $(LIBRARY_TEST_LINK)
