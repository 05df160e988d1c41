// Caught by: the_entry_is_the_only_symbol
// Linked with: -Wl,-z,nodelete,-z,now
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

__attribute__((visibility("default"))) const char *mesh_unix_version(void) { return "1.0.0"; }
MUTANT()
