# SPDX-License-Identifier: Apache-2.0
# One program a peer: build/benchmarks/bench-<peer>.
REFERENCE := Benchmarks/reference
REFERENCE_CFLAGS := -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -I$(REFERENCE)
REFERENCE_LIBS_tcp :=
REFERENCE_LIBS_gnutls := -lgnutls
REFERENCE_LIBS_zeromq := -lzmq
REFERENCE_LIBS_nng := -lnng -lmbedtls -lmbedx509 -lmbedcrypto -lgnutls -latomic -pthread
REFERENCE_LIBS_nats := -lnats
REFERENCE_LIBS_libmesh := -Iinclude -Lbuild/lib -lmesh '-Wl,-rpath,$$ORIGIN/../lib'
REFERENCE_LIBS_quic := -ICInterop/CQUIC/include -ICInterop/CAESGCM/include -lngtcp2 -lngtcp2_crypto_gnutls -lgnutls
REFERENCE_LIBS_calls := $(REFERENCE_LIBS_libmesh)
REFERENCE_PARTS_gnutls := $(REFERENCE)/certificate.c
REFERENCE_PARTS_nng := $(REFERENCE)/certificate.c

build/benchmarks/bench-%: $(REFERENCE)/%.c $(REFERENCE)/bench.c $(REFERENCE)/stream.c $(REFERENCE)/bench.h
	@mkdir -p $(@D)
	$(CC) $(REFERENCE_CFLAGS) -o $@ $(filter %.c,$^) $(REFERENCE_PARTS_$*) $(REFERENCE_LIBS_$*)

# The shim is compiled with it.
build/benchmarks/bench-quic: $(REFERENCE)/quic.h $(foreach part,CQUIC CAESGCM,$(wildcard CInterop/$(part)/*.c CInterop/$(part)/*.h CInterop/$(part)/include/*.h))

# Debian's crates stand in a folder of sources. An absolute target folder: cargo runs in its own.
QUINN_LIBRARY := build/benchmarks/quinn/release/libbench_quinn.a
QUINN_CRATES ?= /usr/share/cargo/registry
$(QUINN_LIBRARY): $(REFERENCE)/quinn/Cargo.toml $(REFERENCE)/quinn/lib.rs
	cd $(REFERENCE)/quinn && CARGO_TARGET_DIR=$(CURDIR)/build/benchmarks/quinn cargo build --release --offline --quiet \
	  --config 'source.crates-io.replace-with="debian"' --config 'source.debian.directory="$(QUINN_CRATES)"'

build/benchmarks/bench-quinn: $(REFERENCE)/quinn.c $(REFERENCE)/bench.c $(REFERENCE)/stream.c $(REFERENCE)/certificate.c $(REFERENCE)/bench.h $(QUINN_LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(REFERENCE_CFLAGS) -o $@ $(filter %.c,$^) $(QUINN_LIBRARY) -lgnutls -lm -ldl -pthread
