/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include "CQUIC.h"
#include "tag.h"

/* A program in classic BPF, which has an accumulator, an index and 16 words of memory: the state of HalfSipHash is in the
 * first four. */
typedef struct program {
    struct sock_filter code[1024];
    unsigned short length;
} program;

enum { SCRATCH = 4, ID = 5 };

static void put(program *target, uint16_t code, uint32_t value) {
    target->code[target->length++] = (struct sock_filter){.code = code, .k = value};
}

static void put_jump(program *target, uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false) {
    target->code[target->length++] = (struct sock_filter){.code = code, .jt = if_true, .jf = if_false, .k = value};
}

/* a = a `operation` b */
static void combine(program *target, uint16_t operation, uint32_t a, uint32_t b) {
    put(target, BPF_LD | BPF_MEM, a);
    put(target, BPF_LDX | BPF_MEM, b);
    put(target, BPF_ALU | operation | BPF_X, 0);
    put(target, BPF_ST, a);
}

static void rotate(program *target, uint32_t word, uint32_t bits) {
    put(target, BPF_LD | BPF_MEM, word);
    put(target, BPF_ALU | BPF_LSH | BPF_K, bits);
    put(target, BPF_ST, SCRATCH);
    put(target, BPF_LD | BPF_MEM, word);
    put(target, BPF_ALU | BPF_RSH | BPF_K, 32 - bits);
    put(target, BPF_LDX | BPF_MEM, SCRATCH);
    put(target, BPF_ALU | BPF_OR | BPF_X, 0);
    put(target, BPF_ST, word);
}

static void mix(program *target, int rounds) {
    for (int i = 0; i < rounds; i++) {
        combine(target, BPF_ADD, 0, 1);
        rotate(target, 1, 5);
        combine(target, BPF_XOR, 1, 0);
        rotate(target, 0, 16);
        combine(target, BPF_ADD, 2, 3);
        rotate(target, 3, 8);
        combine(target, BPF_XOR, 3, 2);
        combine(target, BPF_ADD, 0, 3);
        rotate(target, 3, 7);
        combine(target, BPF_XOR, 3, 0);
        combine(target, BPF_ADD, 2, 1);
        rotate(target, 1, 13);
        combine(target, BPF_XOR, 1, 2);
        rotate(target, 2, 16);
    }
}

/* The block is in the accumulator. */
static void absorb(program *target) {
    enum { BLOCK = 6 };
    put(target, BPF_ST, BLOCK);
    combine(target, BPF_XOR, 3, BLOCK);
    mix(target, SIP_BLOCK_ROUNDS);
    combine(target, BPF_XOR, 0, BLOCK);
}

static void load_id(program *target, uint32_t offset) {
    put(target, BPF_LDX | BPF_MEM, ID);
    put(target, BPF_LD | BPF_W | BPF_IND, offset);
}

/* Leaves the check that the id has to have in the accumulator. */
static void compute_check(program *target, const cquic_tag *tag) {
    const uint32_t state[] = {tag->key[0], tag->key[1], SIP_2 ^ tag->key[0], SIP_3 ^ tag->key[1]};
    for (uint32_t i = 0; i < 4; i++) {
        put(target, BPF_LD | BPF_IMM, state[i]);
        put(target, BPF_ST, i);
    }
    load_id(target, 0);
    absorb(target);
    load_id(target, 4);
    put(target, BPF_ALU | BPF_AND | BPF_K, ~(uint32_t)CHECK_MASK);
    absorb(target);
    put(target, BPF_LD | BPF_IMM, SIP_LENGTH);
    absorb(target);
    put(target, BPF_LD | BPF_MEM, 2);
    put(target, BPF_ALU | BPF_XOR | BPF_K, SIP_END);
    put(target, BPF_ST, 2);
    mix(target, SIP_END_ROUNDS);
    combine(target, BPF_XOR, 1, 3);
    put(target, BPF_ALU | BPF_AND | BPF_K, CHECK_MASK);
}

/* Offsets are those of the UDP payload. A load beyond the payload's end ends the program with 0, the older socket. A number
 * that is no socket's any more leaves it to the kernel, which then has one to choose from. */
int cquic_udp_divide(int descriptor, const cquic_tag *tag) {
    enum { LONG = 0x80, TYPE = 0x30, HANDSHAKE = 0x20 };
    program made = {.length = 0};
    put(&made, BPF_LD | BPF_B | BPF_ABS, 0);
    put_jump(&made, BPF_JMP | BPF_JSET | BPF_K, LONG, 2, 0);
    put(&made, BPF_LD | BPF_IMM, 1);
    put(&made, BPF_JMP | BPF_JA, 6);
    /* Long headers that go on with a handshake have an id of ours; all others begin something. */
    put(&made, BPF_ALU | BPF_AND | BPF_K, TYPE);
    put_jump(&made, BPF_JMP | BPF_JEQ | BPF_K, HANDSHAKE, 0, 2);
    put(&made, BPF_LD | BPF_B | BPF_ABS, 5);
    put_jump(&made, BPF_JMP | BPF_JEQ | BPF_K, CQUIC_ID_LENGTH, 1, 0);
    put(&made, BPF_RET | BPF_K, 1);
    put(&made, BPF_LD | BPF_IMM, 6);
    /* Where the id begins. */
    put(&made, BPF_ST, ID);
    compute_check(&made, tag);
    put(&made, BPF_ST, SCRATCH);
    load_id(&made, 4);
    put(&made, BPF_ALU | BPF_AND | BPF_K, CHECK_MASK);
    put(&made, BPF_LDX | BPF_MEM, SCRATCH);
    put_jump(&made, BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0);
    put(&made, BPF_RET | BPF_K, 0);
    put(&made, BPF_RET | BPF_K, 1);
    struct sock_fprog attached = {made.length, made.code};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attached, sizeof attached) < 0 ? -errno : 0;
}
