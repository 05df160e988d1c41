# SPDX-License-Identifier: Apache-2.0
# The pages of the plugin ABI. Included by the root Makefile.
.PHONY: docs-abi check-docs-abi
docs-abi:
	python3 docs/plugin-author/generate.py

check-docs-abi:
	python3 docs/plugin-author/generate.py --check
