// Caught by: the_file_is_linked_to_stay_mapped
// Linked with: -Wl,-z,now,--version-script=include/mesh/mesh_plugin.version
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

MUTANT()
