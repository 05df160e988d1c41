/* SPDX-License-Identifier: Apache-2.0
 * What the C compiler makes of every constant of mesh_plugin.h. */
#ifndef CMESHABI_CONSTANTS_H
#define CMESHABI_CONSTANTS_H

#include <stdint.h>

typedef struct mesh_abi_number {
    const char *name;
    uint64_t value;      /* sign-extended */
    uint32_t size;       /* bytes */
    uint32_t is_signed;
} mesh_abi_number;

typedef struct mesh_abi_text {
    const char *name;
    const char *value;
} mesh_abi_text;

uint32_t mesh_abi_number_count(void);
uint32_t mesh_abi_text_count(void);
const mesh_abi_number *mesh_abi_number_at(uint32_t index);
const mesh_abi_text *mesh_abi_text_at(uint32_t index);

#endif
