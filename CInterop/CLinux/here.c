/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CLinux.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>

/* The map's name is empty for the program itself; dli_fname would be what its caller made up as argv[0]. */
char *clinux_code_path(void) {
    Dl_info info;
    struct link_map *map = NULL;
    if (!dladdr1((void *)clinux_code_path, &info, (void **)&map, RTLD_DL_LINKMAP) || !map) return NULL;
    return realpath(map->l_name[0] ? map->l_name : "/proc/self/exe", NULL);
}
