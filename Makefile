# SPDX-License-Identifier: Apache-2.0
# Every command of this repository. `make help` lists them; the work itself is in scripts/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
LIBDIR ?= lib
SEEDS ?= 2000
SECONDS_PER_TARGET ?= 30
ROUNDS ?= 3
SECONDS ?= 600
JOBS ?= $(shell nproc)
export SWIFT_BACKTRACE := enable=no

PROGRAMS := meshd meshctl
SWIFT_PLUGINS := websocket dtn htx
SWIFT_RELEASE := swift build -c release -j $(JOBS)
RELEASE_BIN := .build/release

# A plugin in C brings Plugins/<Name>/<id>.mk with a rule for build/plugins/mesh_<id>.so.
C_PLUGINS := $(patsubst %.mk,build/plugins/mesh_%.so,$(notdir $(wildcard Plugins/*/*.mk)))

.PHONY: help packages toolchain build examples test check demo proof soak bench simulate fuzz format man completions install uninstall deb deb-check clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

-include $(wildcard Plugins/*/*.mk Tests/*/*.mk Benchmarks/*/*.mk docs/*/*.mk Examples/*/*.mk)

packages:
	@scripts/install-packages build

toolchain:
	@scripts/check-swift

build: packages toolchain ## Release programs in build/bin, libmesh in build/lib, plugins in build/plugins
	@umask 022; mkdir -p build/bin build/lib build/plugins
	@for product in $(PROGRAMS); do \
	  scripts/step "build $$product" $(SWIFT_RELEASE) --product $$product; \
	  install -m 755 $(RELEASE_BIN)/$$product build/bin/$$product; \
	done
	@scripts/step "build libmesh" $(SWIFT_RELEASE) --product mesh
	@install -m 755 $(RELEASE_BIN)/libmesh.so build/lib/libmesh.so.1; ln -sfn libmesh.so.1 build/lib/libmesh.so
	@for id in $(SWIFT_PLUGINS); do \
	  scripts/step "build plugin $$id" $(SWIFT_RELEASE) --product mesh_$$id; \
	  install -m 755 $(RELEASE_BIN)/libmesh_$$id.so build/plugins/mesh_$$id.so; \
	done
	@mkdir -p build/lib/mesh; ln -sfn ../../plugins build/lib/mesh/plugins
	@umask 022; for plugin in $(C_PLUGINS); do \
	  scripts/step "build plugin $$(basename $$plugin .so | sed s/^mesh_//)" $(MAKE) --no-print-directory $$plugin; \
	  chmod 755 $$plugin; \
	done

examples: packages toolchain ## Every example of Examples/ in build/examples
	@scripts/install-packages examples
	@umask 022; for example in $(EXAMPLES); do \
	  name=$${example#build/examples/}; \
	  scripts/step "example $${name%%/*}" $(MAKE) --no-print-directory $$example || exit 1; \
	done

test: build ## Every test: Swift, C, simulator
	@scripts/install-packages test
	@$(MAKE) --no-print-directory examples
	@SEEDS=$(SEEDS) JOBS=$(JOBS) scripts/test

check: build ## Format, headers, symbols, shell and Python syntax, links
	@scripts/install-packages test
	@scripts/check

demo: build ## Two nodes, one file, one transport dies half-way (FILE=…)
	@scripts/demo

proof: deb ## The long runs: simulation, fuzzing, sanitizers, kill series, soak
	@scripts/install-packages test
	@scripts/proof

soak: build ## Mixed traffic through the library in one process (SECONDS=600, SLICE=1)
	@SOAK_SECONDS=$(SECONDS) bash Tests/Library/proof-soak.sh

bench: build ## Figures against peers, in one run on pinned cores (ROUNDS=3)
	@scripts/install-packages build
	@scripts/install-packages bench || echo "Going on with the peers that are here."
	@Benchmarks/run --rounds $(ROUNDS)

simulate: packages toolchain ## The simulator alone (SEEDS=2000)
	@scripts/step "build mesh-simulate" $(SWIFT_RELEASE) --product mesh-simulate
	@$(RELEASE_BIN)/mesh-simulate --seeds $(SEEDS)

fuzz: packages toolchain ## Every fuzz target (SECONDS_PER_TARGET=30)
	@scripts/install-packages test
	@SECONDS_PER_TARGET=$(SECONDS_PER_TARGET) Tests/Fuzz/run

format: toolchain ## Rewrites Swift files in the one format
	@swift format -i -p -r Package.swift $(wildcard Core Plugins Tests Benchmarks Examples)

man: build ## Manual pages in build/man, from --help
	@scripts/make-man build/man build/bin/meshd build/bin/meshctl

completions: build ## Completions for bash, zsh and fish in build/completions
	@mkdir -p build/completions
	@for shell in bash zsh fish; do \
	  build/bin/meshctl completion $$shell >build/completions/meshctl.$$shell; \
	done
	@echo "build/completions: meshctl.bash meshctl.zsh meshctl.fish"

install: build man completions ## Programs, plugins, headers, pages, completions (PREFIX=/usr/local DESTDIR=)
	@PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' DESTDIR='$(DESTDIR)' scripts/install

uninstall: ## Removes what install put there; needs the same PREFIX and DESTDIR, and build/
	@PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' DESTDIR='$(DESTDIR)' scripts/install --remove

deb: build man completions ## Debian packages in build/deb: libmesh1, libmesh-dev, mesh, mesh-plugins
	@scripts/install-packages deb
	@rm -rf build/deb && mkdir -p build/deb/stage
	@PREFIX=/usr LIBDIR=lib/$$(dpkg-architecture -qDEB_HOST_MULTIARCH) DESTDIR=$$PWD/build/deb/stage scripts/install
	@scripts/make-deb

deb-check: deb ## The Debian packages in a Debian of their own (root)
	@scripts/step "packages in a clean Debian" bash Tests/Install/proof-clean-root.sh

clean: ## Removes what was built
	rm -rf .build .build-* build
