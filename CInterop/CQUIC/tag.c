/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "CQUIC.h"
#include "tag.h"

static uint32_t read_word(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

static void mix(uint32_t v[4], int rounds) {
    for (int i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[1] = rotate(v[1], 5) ^ v[0];
        v[0] = rotate(v[0], 16);
        v[2] += v[3];
        v[3] = rotate(v[3], 8) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 7) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 13) ^ v[2];
        v[2] = rotate(v[2], 16);
    }
}

/* HalfSipHash of the id without its check, whose words are read as the network has them. */
static uint32_t check_of(const cquic_tag *tag, const uint8_t *id) {
    uint32_t v[4] = {tag->key[0], tag->key[1], SIP_2 ^ tag->key[0], SIP_3 ^ tag->key[1]};
    uint32_t blocks[] = {read_word(id), read_word(id + 4) & ~(uint32_t)CHECK_MASK, SIP_LENGTH};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        v[3] ^= blocks[i];
        mix(v, SIP_BLOCK_ROUNDS);
        v[0] ^= blocks[i];
    }
    v[2] ^= SIP_END;
    mix(v, SIP_END_ROUNDS);
    return (v[1] ^ v[3]) & CHECK_MASK;
}

int cquic_tag_make(cquic_tag *tag) { return cquic_random((uint8_t *)tag, sizeof *tag); }

void cquic_tag_mark(const cquic_tag *tag, uint8_t *id) {
    uint32_t check = check_of(tag, id);
    id[5] = (uint8_t)((id[5] & 0xF0) | check >> 16);
    id[6] = (uint8_t)(check >> 8);
    id[7] = (uint8_t)check;
}

int cquic_tag_is_in(const cquic_tag *tag, const uint8_t *id) {
    return (read_word(id + 4) & CHECK_MASK) == check_of(tag, id);
}

int cquic_udp_share(int descriptor) {
    int on = 1;
    return setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0 ? -errno : 0;
}

static int is_bound_to(int descriptor, const cquic_address *local) {
    int protocol = 0;
    socklen_t length = sizeof protocol;
    cquic_address bound;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) < 0 || protocol != IPPROTO_UDP) return 0;
    return cquic_udp_local(descriptor, &bound) == 0 && memcmp(&bound, local, sizeof bound) == 0;
}

int cquic_udp_holders(const cquic_address *local) {
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    if (folder == NULL) return -errno;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char *end;
        long number = strtol(entry->d_name, &end, 10);
        if (end != entry->d_name && *end == 0 && is_bound_to((int)number, local)) count++;
    }
    closedir(folder);
    return count;
}
