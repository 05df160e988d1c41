# SPDX-License-Identifier: Apache-2.0
# What a link of a plugin costs; see docs/core-developer/quic.md.
build/benchmarks/bench-plugin-link: Benchmarks/plugin-link/link.c Tests/Conformance/host.c \
  Tests/Conformance/host_table.c Tests/Conformance/host_events.c Tests/Conformance/host_params.c Tests/Conformance/host_streams.c Tests/Conformance/host.h
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -g -Wall -Wextra -Werror -Iinclude -ITests/Conformance -DHOST_LINKS=4096u \
	  -DHOST_EVENTS=16384u -pthread -o $@ $(filter %.c,$^)

build/benchmarks/bench-link-connect: Benchmarks/plugin-link/connect.c Benchmarks/plugin-link/pool.c Benchmarks/plugin-link/pool.h Tests/Conformance/host.c \
  Tests/Conformance/host_table.c Tests/Conformance/host_events.c Tests/Conformance/host_params.c Tests/Conformance/host_streams.c \
  Tests/Conformance/host.h Tests/Conformance/host_state.h
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -g -Wall -Wextra -Werror -Iinclude -ITests/Conformance -DHOST_UNTIMED -pthread -o $@ $(filter %.c,$^)
