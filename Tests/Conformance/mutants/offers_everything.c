// Caught by: unknown_extensions_are_not_offered
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static const void *everything(const char *name) { return name; }
MUTANT(out->extension = everything)
