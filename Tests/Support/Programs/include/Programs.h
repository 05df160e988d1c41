// SPDX-License-Identifier: Apache-2.0
/* Programs that tests run. */
#ifndef PROGRAMS_H
#define PROGRAMS_H

/* Runs the program that arguments[0] names along PATH, and waits for its end. It gets none of the descriptors of this
 * process but the three standard ones. Its status as waitpid has it; -1 when it could not be started. */
int run_program(char *const *arguments);

#endif
