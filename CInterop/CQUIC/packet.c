/* SPDX-License-Identifier: Apache-2.0 */
#include "cquic_packet.h"

#include <string.h>

#include "connection.h"

/* A token counts for a Retry or nothing: none is given out for later connections. */
int cquic_packet_initial(const uint8_t *bytes, size_t count, cquic_initial *initial) {
    ngtcp2_pkt_hd header;
    memset(&header, 0, sizeof header);
    memset(initial, 0, sizeof *initial);
    if (ngtcp2_accept(&header, bytes, count) != 0 || header.type != NGTCP2_PKT_INITIAL) return -1;
    initial->version = header.version;
    initial->destination_length = (uint8_t)header.dcid.datalen;
    initial->source_length = (uint8_t)header.scid.datalen;
    memcpy(initial->destination, header.dcid.data, header.dcid.datalen);
    memcpy(initial->source, header.scid.data, header.scid.datalen);
#if NGTCP2_VERSION_NUM >= 0x010000
    initial->token = header.token;
    initial->token_length = header.tokenlen;
#else
    initial->token = header.token.base;
    initial->token_length = header.token.len;
#endif
    return 0;
}

int cquic_packet_verify_token(cquic_initial *initial, const uint8_t secret[CQUIC_SECRET_LENGTH],
                              const cquic_address *remote, uint64_t lifetime, uint64_t now) {
    ngtcp2_cid original, destination;
    if (initial->token_length == 0 || initial->token[0] != NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY) return 0;
    ngtcp2_cid_init(&destination, initial->destination, initial->destination_length);
    if (ngtcp2_crypto_verify_retry_token(&original, initial->token, initial->token_length, secret, CQUIC_SECRET_LENGTH,
                                         initial->version, (const ngtcp2_sockaddr *)remote->words,
                                         cquic_address_length(remote), &destination, lifetime, now) != 0)
        return -1;
    initial->original_length = (uint8_t)original.datalen;
    memcpy(initial->original, original.data, original.datalen);
    return 1;
}

size_t cquic_packet_retry(uint8_t *buffer, size_t capacity, const cquic_initial *initial,
                          const uint8_t secret[CQUIC_SECRET_LENGTH], const cquic_address *remote, uint64_t now) {
    uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN];
    ngtcp2_cid source, destination, original;
    source.datalen = CQUIC_ID_LENGTH;
    if (cquic_random(source.data, source.datalen) != 0) return 0;
    ngtcp2_cid_init(&destination, initial->source, initial->source_length);
    ngtcp2_cid_init(&original, initial->destination, initial->destination_length);
    ngtcp2_ssize length = ngtcp2_crypto_generate_retry_token(
        token, secret, CQUIC_SECRET_LENGTH, initial->version, (const ngtcp2_sockaddr *)remote->words,
        cquic_address_length(remote), &source, &original, now);
    if (length < 0) return 0;
    length = ngtcp2_crypto_write_retry(buffer, capacity, initial->version, &destination, &source, &original, token,
                                       (size_t)length);
    return length < 0 ? 0 : (size_t)length;
}

size_t cquic_packet_version_negotiation(uint8_t *buffer, size_t capacity, uint32_t asked, const uint8_t *destination,
                                        size_t destination_length, const uint8_t *source, size_t source_length) {
    /* A reserved version first, so that nobody gets used to this list (RFC 9000, 6.3); not the one that was asked for,
     * for a list with that is ignored (6.2). */
    uint32_t versions[] = {asked == 0x1a2a3a4au ? 0x5a6a7a8au : 0x1a2a3a4au, NGTCP2_PROTO_VER_V1};
    uint8_t random = 0;
    if (cquic_random(&random, 1) != 0) return 0;
    ngtcp2_ssize length = ngtcp2_pkt_write_version_negotiation(buffer, capacity, random, source, source_length,
                                                               destination, destination_length, versions, 2);
    return length < 0 ? 0 : (size_t)length;
}

size_t cquic_packet_refusal(uint8_t *buffer, size_t capacity, const cquic_initial *initial, uint64_t error) {
    ngtcp2_cid source, destination;
    ngtcp2_cid_init(&destination, initial->source, initial->source_length);
    ngtcp2_cid_init(&source, initial->destination, initial->destination_length);
    ngtcp2_ssize length = ngtcp2_crypto_write_connection_close(buffer, capacity, initial->version, &destination,
                                                               &source, error, NULL, 0);
    return length < 0 ? 0 : (size_t)length;
}

size_t cquic_packet_stateless_reset(uint8_t *buffer, size_t capacity, const uint8_t secret[CQUIC_SECRET_LENGTH],
                                    const uint8_t id[CQUIC_ID_LENGTH]) {
    uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN], random[64];
    ngtcp2_cid named;
    if (capacity < NGTCP2_MIN_STATELESS_RESET_RANDLEN + sizeof token) return 0;
    size_t length = capacity - sizeof token < sizeof random ? capacity - sizeof token : sizeof random;
    ngtcp2_cid_init(&named, id, CQUIC_ID_LENGTH);
    if (cquic_random(random, length) != 0 ||
        ngtcp2_crypto_generate_stateless_reset_token(token, secret, CQUIC_SECRET_LENGTH, &named) != 0)
        return 0;
    ngtcp2_ssize written = ngtcp2_pkt_write_stateless_reset(buffer, capacity, token, random, length);
    return written < 0 ? 0 : (size_t)written;
}

int cquic_packet_is_supported(uint32_t version) { return version == NGTCP2_PROTO_VER_V1; }
