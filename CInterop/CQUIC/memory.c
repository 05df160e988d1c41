/* SPDX-License-Identifier: Apache-2.0 */
#include <malloc.h>
#include <stdlib.h>

#include "connection.h"

/* What ngtcp2 holds for a connection is counted, so that growth shows as a figure of that connection. */
static void *count(cquic_connection *connection, void *memory) {
    if (memory != NULL) connection->memory_bytes += malloc_usable_size(memory);
    return memory;
}

static void *allocate(size_t size, void *user) { return count(user, malloc(size)); }

static void *allocate_zeros(size_t items, size_t size, void *user) { return count(user, calloc(items, size)); }

static void release(void *memory, void *user) {
    cquic_connection *connection = user;
    if (memory == NULL) return;
    connection->memory_bytes -= malloc_usable_size(memory);
    free(memory);
}

static void *resize(void *memory, size_t size, void *user) {
    cquic_connection *connection = user;
    size_t before = memory == NULL ? 0 : malloc_usable_size(memory);
    void *resized = realloc(memory, size);
    if (resized == NULL && size > 0) return NULL;
    connection->memory_bytes -= before;
    return count(connection, resized);
}

void cquic_memory_fill(cquic_connection *connection) {
    connection->memory.user_data = connection;
    connection->memory.malloc = allocate;
    connection->memory.free = release;
    connection->memory.calloc = allocate_zeros;
    connection->memory.realloc = resize;
}
