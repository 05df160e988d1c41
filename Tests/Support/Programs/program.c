// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "Programs.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int run_program(char *const *arguments) {
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) return -1;
  pid_t process = -1;
  const int isStarted = posix_spawn_file_actions_addclosefrom_np(&actions, 3) == 0 &&
                        posix_spawnp(&process, arguments[0], &actions, NULL, arguments, environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  if (!isStarted) return -1;
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {}
  return status;
}
