// Caught by: loading_sets_no_signal_handler
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

#include <signal.h>
__attribute__((constructor)) static void guest(void) { signal(SIGPIPE, SIG_IGN); }
MUTANT()
