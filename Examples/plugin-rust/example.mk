# SPDX-License-Identifier: Apache-2.0
# Builds this example for `make examples`; its own Makefile has the command. Included by the root Makefile.
EXAMPLES += build/examples/plugin-rust/mesh_loopback.so

build/examples/plugin-rust/mesh_loopback.so: $(wildcard Examples/plugin-rust/src/*.rs) \
  Examples/plugin-rust/Cargo.toml Examples/plugin-rust/build.rs
	$(MAKE) --no-print-directory -C Examples/plugin-rust OUT=$(CURDIR)/$(@D) TARGET=$(CURDIR)/build/examples/cargo
