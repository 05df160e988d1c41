# SPDX-License-Identifier: Apache-2.0
build/tests/mesh-relay: Tests/Relay/relay.c Tests/Relay/queue.c Tests/Relay/address.c Tests/Relay/relay.h
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -o $@ $(filter %.c,$^)
