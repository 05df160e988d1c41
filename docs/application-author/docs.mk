# SPDX-License-Identifier: Apache-2.0
# The pages of libmesh's functions. Included by the root Makefile.
.PHONY: docs-api check-docs-api
docs-api:
	python3 docs/application-author/generate.py

check-docs-api:
	python3 docs/application-author/generate.py --check
