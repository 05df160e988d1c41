/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "CQUIC.h"

/* The check takes the lower bits of the id's second half, and is the upper ones of a product with the first. */
enum { CHECK_BITS = 20, CHECK_MASK = (1 << CHECK_BITS) - 1, CHECK_SHIFT = 32 - CHECK_BITS };

static uint32_t read_word(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t check_of(const cquic_tag *tag, uint32_t first) {
    return (first + tag->offset) * tag->factor >> CHECK_SHIFT;
}

int cquic_tag_make(cquic_tag *tag) {
    if (cquic_random((uint8_t *)tag, sizeof *tag) != 0) return -1;
    tag->factor |= 1;
    return 0;
}

void cquic_tag_mark(const cquic_tag *tag, uint8_t *id) {
    uint32_t check = check_of(tag, read_word(id));
    id[5] = (uint8_t)((id[5] & 0xF0) | check >> 16);
    id[6] = (uint8_t)(check >> 8);
    id[7] = (uint8_t)check;
}

int cquic_tag_is_in(const cquic_tag *tag, const uint8_t *id) {
    return (read_word(id + 4) & CHECK_MASK) == check_of(tag, read_word(id));
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

/* Offsets are those of the UDP payload; X is where the id begins. A load beyond the payload's end ends the program with 0,
 * the older socket. A number that is no socket's any more leaves it to the kernel, which then has one to choose from. */
int cquic_udp_divide(int descriptor, const cquic_tag *tag) {
    enum { LONG = 0x80, TYPE = 0x30, HANDSHAKE = 0x20 };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, LONG, 2, 0),
        BPF_STMT(BPF_LDX | BPF_IMM, 1),
        BPF_JUMP(BPF_JMP | BPF_JA, 5, 0, 0),
        /* Long headers that go on with a handshake have an id of ours; all others begin something. */
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TYPE),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HANDSHAKE, 0, 13),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 5),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CQUIC_ID_LENGTH, 0, 11),
        BPF_STMT(BPF_LDX | BPF_IMM, 6),
        BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, tag->offset),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, tag->factor),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, CHECK_SHIFT),
        BPF_STMT(BPF_ST, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_IND, 4),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, CHECK_MASK),
        BPF_STMT(BPF_LDX | BPF_MEM, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 1),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) < 0 ? -errno : 0;
}
