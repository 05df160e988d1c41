/* SPDX-License-Identifier: Apache-2.0
 * X25519 of the base point (RFC 7748), in half the time of libsodium's ladder: libsodium's table of the same point on
 * edwards25519, and the map between the curves, u = (1 + y) / (1 - y) (RFC 7748, 4.1). The secret stays in libsodium;
 * everything here is public. */
#ifndef MESH_X25519_BASE_H
#define MESH_X25519_BASE_H

#include <sodium.h>
#include <stdint.h>
#include <string.h>

/* A number modulo p = 2^255 - 19, in five limbs of 51 bits and a little more. */
typedef struct { uint64_t limb[5]; } mesh_field;

#define MESH_LIMB_MASK (((uint64_t)1 << 51) - 1)

static inline mesh_field mesh_field_carry(const unsigned __int128 sum[5]) {
    mesh_field made;
    uint64_t carry = (uint64_t)(sum[0] >> 51);
    made.limb[0] = (uint64_t)sum[0] & MESH_LIMB_MASK;
    for (int i = 1; i < 5; i++) {
        unsigned __int128 limb = sum[i] + carry;
        made.limb[i] = (uint64_t)limb & MESH_LIMB_MASK;
        carry = (uint64_t)(limb >> 51);
    }
    /* 2^255 is 19. */
    made.limb[0] += carry * 19;
    made.limb[1] += made.limb[0] >> 51;
    made.limb[0] &= MESH_LIMB_MASK;
    return made;
}

/* Written out: as loops both take twice as long. */
static inline mesh_field mesh_field_multiply(mesh_field a, mesh_field b) {
    const uint64_t *x = a.limb, *y = b.limb;
    const uint64_t far[5] = {0, y[1] * 19, y[2] * 19, y[3] * 19, y[4] * 19};
    typedef unsigned __int128 wide;
    const wide sum[5] = {
        (wide)x[0] * y[0] + (wide)x[1] * far[4] + (wide)x[2] * far[3] + (wide)x[3] * far[2] + (wide)x[4] * far[1],
        (wide)x[0] * y[1] + (wide)x[1] * y[0] + (wide)x[2] * far[4] + (wide)x[3] * far[3] + (wide)x[4] * far[2],
        (wide)x[0] * y[2] + (wide)x[1] * y[1] + (wide)x[2] * y[0] + (wide)x[3] * far[4] + (wide)x[4] * far[3],
        (wide)x[0] * y[3] + (wide)x[1] * y[2] + (wide)x[2] * y[1] + (wide)x[3] * y[0] + (wide)x[4] * far[4],
        (wide)x[0] * y[4] + (wide)x[1] * y[3] + (wide)x[2] * y[2] + (wide)x[3] * y[1] + (wide)x[4] * y[0],
    };
    return mesh_field_carry(sum);
}

static inline mesh_field mesh_field_square(mesh_field a, int times) {
    typedef unsigned __int128 wide;
    for (; times > 0; times--) {
        const uint64_t *x = a.limb;
        const uint64_t twice[3] = {2 * x[0], 2 * x[1], 2 * x[2]}, far3 = x[3] * 19, far4 = x[4] * 19;
        const wide sum[5] = {
            (wide)x[0] * x[0] + (wide)twice[1] * far4 + (wide)twice[2] * far3,
            (wide)twice[0] * x[1] + (wide)twice[2] * far4 + (wide)x[3] * far3,
            (wide)twice[0] * x[2] + (wide)x[1] * x[1] + (wide)(2 * x[3]) * far4,
            (wide)twice[0] * x[3] + (wide)twice[1] * x[2] + (wide)x[4] * far4,
            (wide)twice[0] * x[4] + (wide)twice[1] * x[3] + (wide)x[2] * x[2],
        };
        a = mesh_field_carry(sum);
    }
    return a;
}

/* a to the power of p - 2; 0 for 0. */
static inline mesh_field mesh_field_invert(mesh_field a) {
    mesh_field two = mesh_field_square(a, 1);
    mesh_field nine = mesh_field_multiply(a, mesh_field_square(two, 2));
    mesh_field eleven = mesh_field_multiply(two, nine);
    mesh_field ones5 = mesh_field_multiply(nine, mesh_field_square(eleven, 1));
    mesh_field ones10 = mesh_field_multiply(ones5, mesh_field_square(ones5, 5));
    mesh_field ones20 = mesh_field_multiply(ones10, mesh_field_square(ones10, 10));
    mesh_field ones40 = mesh_field_multiply(ones20, mesh_field_square(ones20, 20));
    mesh_field ones50 = mesh_field_multiply(ones10, mesh_field_square(ones40, 10));
    mesh_field ones100 = mesh_field_multiply(ones50, mesh_field_square(ones50, 50));
    mesh_field ones200 = mesh_field_multiply(ones100, mesh_field_square(ones100, 100));
    mesh_field ones250 = mesh_field_multiply(ones50, mesh_field_square(ones200, 50));
    return mesh_field_multiply(eleven, mesh_field_square(ones250, 5));
}

static inline uint64_t mesh_field_word(const uint8_t *bytes, int at) {
    uint64_t word = 0;
    for (int i = 0; i < 8 && at + i < 32; i++) word |= (uint64_t)bytes[at + i] << (8 * i);
    return word;
}

/* Little-endian; the highest bit is the sign of an x and no part of the number. */
static inline mesh_field mesh_field_read(const uint8_t bytes[32]) {
    mesh_field made;
    for (int i = 0; i < 5; i++) made.limb[i] = mesh_field_word(bytes, 51 * i / 8) >> (51 * i % 8) & MESH_LIMB_MASK;
    return made;
}

static inline void mesh_field_write(uint8_t bytes[32], mesh_field a) {
    /* Below 2p by now: adding 19 carries out of the top exactly when it is p or more. */
    uint64_t carry = 19;
    for (int i = 0; i < 5; i++) carry = (a.limb[i] + carry) >> 51;
    carry *= 19;
    memset(bytes, 0, 32);
    for (int i = 0; i < 5; i++) {
        carry += a.limb[i];
        uint64_t limb = carry & MESH_LIMB_MASK;
        carry >>= 51;
        for (int bit = 0; bit < 51;) {
            int at = 51 * i + bit, room = 8 - at % 8, count = 51 - bit < room ? 51 - bit : room;
            bytes[at / 8] |= (uint8_t)((limb >> bit & (((uint64_t)1 << count) - 1)) << (at % 8));
            bit += count;
        }
    }
}

/* Writes the public key of a secret; -1 when libsodium cannot. */
static inline int mesh_x25519_base(uint8_t point[32], const uint8_t secret[32]) {
    uint8_t edwards[32];
    unsigned __int128 above[5], below[5];
    /* It takes no secret of zeros, which X25519 has a key for. */
    if (crypto_scalarmult_ed25519_base(edwards, secret) != 0) return crypto_scalarmult_curve25519_base(point, secret);
    mesh_field y = mesh_field_read(edwards);
    for (int i = 0; i < 5; i++) {
        above[i] = (unsigned __int128)y.limb[i] + (i == 0);
        /* 1 + 2p - y, so that no limb is below zero. */
        below[i] = (unsigned __int128)2 * MESH_LIMB_MASK - (i == 0 ? 36 : 0) + (i == 0) - y.limb[i];
    }
    mesh_field_write(point, mesh_field_multiply(mesh_field_carry(above), mesh_field_invert(mesh_field_carry(below))));
    return 0;
}

#endif
