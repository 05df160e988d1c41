/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CQUIC_PACKET_H
#define CQUIC_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "cquic_address.h"
#include "cquic_connection.h"

/* What a client's first packet says. */
typedef struct cquic_initial {
    uint32_t version;
    uint8_t destination_length;
    uint8_t source_length;
    uint8_t original_length; /* 0: no Retry went before */
    uint8_t reserved;
    uint8_t destination[CQUIC_ID_MAXIMUM];
    uint8_t source[CQUIC_ID_MAXIMUM];
    uint8_t original[CQUIC_ID_MAXIMUM]; /* the first packet's destination, from a Retry's token */
    const uint8_t *token;               /* lent, into the packet */
    size_t token_length;
} cquic_initial;

/* Reads a datagram that could open a connection. 0, or negative when it cannot. */
int cquic_packet_initial(const uint8_t *bytes, size_t count, cquic_initial *initial);
/* Whether the token is of a Retry that this server sent to `remote` in the last `lifetime` nanoseconds; then the
 * original id is filled in. 1 yes, 0 it is none, negative: it claims to be one and is wrong. */
int cquic_packet_verify_token(cquic_initial *initial, const uint8_t secret[CQUIC_SECRET_LENGTH],
                              const cquic_address *remote, uint64_t lifetime, uint64_t now);

/* Each of these writes one datagram that needs no connection, and returns its length, or 0. */
size_t cquic_packet_retry(uint8_t *buffer, size_t capacity, const cquic_initial *initial,
                          const uint8_t secret[CQUIC_SECRET_LENGTH], const cquic_address *remote, uint64_t now);
/* `asked` is the version of what it answers. */
size_t cquic_packet_version_negotiation(uint8_t *buffer, size_t capacity, uint32_t asked, const uint8_t *destination,
                                        size_t destination_length, const uint8_t *source, size_t source_length);
size_t cquic_packet_refusal(uint8_t *buffer, size_t capacity, const cquic_initial *initial, uint64_t error);
/* At most `capacity` bytes, which has to be less than what it answers (RFC 9000, 10.3.3). */
size_t cquic_packet_stateless_reset(uint8_t *buffer, size_t capacity, const uint8_t secret[CQUIC_SECRET_LENGTH],
                                    const uint8_t id[CQUIC_ID_LENGTH]);
/* Whether a version is spoken here. */
int cquic_packet_is_supported(uint32_t version);
/* Random bytes. */
int cquic_random(uint8_t *bytes, size_t count);

#endif
