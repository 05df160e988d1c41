// Caught by: required_functions_are_present
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

MUTANT(out->transmit = NULL)
