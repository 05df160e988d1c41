/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>
#include <string.h>

#include "connection.h"

/* QUIET_BYTES: who sends no more than this on streams gains nothing from larger packets, and trying them costs two packets
 * and their acknowledgements in each direction, as much as the rest of a short connection.
 * OFFER_BYTES: no stream waits behind more of another one than that. */
enum {
    SEGMENTS_MAXIMUM = 64,
    TRAIN_MAXIMUM = 65507,
    PACKET_MAXIMUM = 65527,
    REFUSALS_MAXIMUM = 65536,
    QUIET_BYTES = 16384,
    OFFER_BYTES = 16384,
    BURST_MAXIMUM = 14520
};

/* What was pulled, for one packet after another: whoever is above is asked and told once for about ten of them. */
typedef struct {
    cquic_outgoing out; /* of stream -1: nothing */
    uint32_t next;      /* the first of its vectors that is left */
    uint64_t left;      /* bytes that are */
    uint64_t taken;     /* bytes that are in packets */
    int is_due;         /* that was not told */
    int is_first;       /* it may be kept: where streams take turns it is alone, else it goes first anyway */
    int64_t last;       /* the stream that was pulled last */
} offer;

static void pull(cquic_connection *connection, offer *offer) {
    cquic_outgoing *out = &offer->out;
    out->stream = -1;
    out->count = 0;
    out->fin = 0;
    if (connection->callbacks.pull(connection->user, out) == 0) out->stream = -1;
    if (out->stream < 0) out->fin = 0;
    offer->next = 0;
    offer->left = 0;
    offer->taken = 0;
    for (uint32_t i = 0; i < out->count; i++) offer->left += out->vectors[i].length;
    offer->is_first = out->stream == offer->last;
    offer->last = out->stream;
}

/* Tells what was taken; the rest is pulled again. */
static void end_offer(cquic_connection *connection, offer *offer) {
    int64_t stream = offer->out.stream;
    offer->out.stream = -1;
    if (!offer->is_due) return;
    offer->is_due = 0;
    connection->callbacks.took(connection->user, stream, offer->taken, offer->out.fin && offer->left == 0);
}

/* So many bytes of it are in a packet. */
static void take(cquic_connection *connection, offer *offer, uint64_t count) {
    offer->is_due = 1;
    offer->taken += count;
    offer->left -= count;
    if (!connection->probes_path) {
        connection->sent_bytes += (uint32_t)count;
        connection->probes_path = connection->sent_bytes >= QUIET_BYTES;
    }
    while (count > 0) {
        cquic_vector *first = &offer->out.vectors[offer->next];
        size_t part = count < first->length ? (size_t)count : first->length;
        first->bytes += part;
        first->length -= part;
        count -= part;
        if (first->length == 0) offer->next++;
    }
    if (offer->left == 0 || !offer->is_first || offer->taken >= OFFER_BYTES) end_offer(connection, offer);
}

/* The next packet's bytes; what streams want to send is put together in it. Its length, 0 for none, negative fatal. */
static ngtcp2_ssize next_packet(cquic_connection *connection, offer *offer, ngtcp2_path *path,
                                ngtcp2_pkt_info *information, uint8_t *target, size_t room, uint64_t now) {
    /* A layer above that offers what was refused would go on for ever: after so many it is not asked any more. */
    uint32_t refusals = 0;
    for (;;) {
        cquic_outgoing *out = &offer->out;
        ngtcp2_ssize taken = -1;
        uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_MORE;
        /* Without credit of the whole connection no stream is to blame, so none is asked. */
        if (ngtcp2_conn_get_max_data_left(connection->conn) == 0)
            end_offer(connection, offer);
        else if (out->stream < 0 && refusals < REFUSALS_MAXIMUM)
            pull(connection, offer);
        if (out->stream >= 0 && out->fin) flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
        _Static_assert(sizeof(cquic_vector) == sizeof(ngtcp2_vec), "the same two words");
        int64_t stream = out->stream;
        const ngtcp2_vec *vectors = (const ngtcp2_vec *)(const void *)(out->vectors + offer->next);
        size_t count = stream < 0 ? 0 : out->count - offer->next;
        ngtcp2_ssize length = ngtcp2_conn_writev_stream(connection->conn, path, information, target, room, &taken, flags,
                                                        stream, vectors, count, now);
        if (stream >= 0 && taken >= 0) take(connection, offer, (uint64_t)taken);
        switch (length) {
        case NGTCP2_ERR_WRITE_MORE:
            continue;
        case NGTCP2_ERR_STREAM_DATA_BLOCKED:
        case NGTCP2_ERR_STREAM_SHUT_WR:
        case NGTCP2_ERR_STREAM_NOT_FOUND:
            end_offer(connection, offer);
            connection->callbacks.refused(connection->user, stream, length != NGTCP2_ERR_STREAM_DATA_BLOCKED);
            refusals += 1;
            continue;
        default:
            return length;
        }
    }
}

static cquic_train start_train(const ngtcp2_path *path, uint32_t offset, size_t length, uint8_t ecn) {
    cquic_train train;
    memset(&train, 0, sizeof train);
    train.local = cquic_address_of(path->local.addr, path->local.addrlen);
    train.remote = cquic_address_of(path->remote.addr, path->remote.addrlen);
    train.offset = offset;
    train.length = (uint32_t)length;
    train.segment = (uint16_t)length;
    train.ecn = ecn;
    return train;
}

static int same_address(const ngtcp2_addr *one, const ngtcp2_addr *other) {
    return one->addrlen == other->addrlen && memcmp(one->addr, other->addr, one->addrlen) == 0;
}

static int same_path(const ngtcp2_path *one, const ngtcp2_path *other) {
    return same_address(&one->local, &other->local) && same_address(&one->remote, &other->remote);
}

/* Whether a packet may follow those of the train, the last of which went over `before`. None follows a probe of the path:
 * where that is too long, the kernel refuses the whole call, and the packets behind it would be lost with it. */
static int joins(const cquic_train *train, const cquic_connection *connection, const ngtcp2_path *before,
                 const ngtcp2_path *path, size_t length, uint8_t ecn) {
    return train->length % train->segment == 0 && length <= train->segment &&
           train->segment <= ngtcp2_conn_get_path_max_tx_udp_payload_size(connection->conn) &&
           train->length + (uint32_t)length <= TRAIN_MAXIMUM && train->ecn == ecn && same_path(before, path);
}

static int write_packets(cquic_connection *connection, offer *offer, uint8_t *buffer, size_t capacity,
                         cquic_train *trains, uint32_t limit, uint32_t *count, uint64_t now) {
    uint32_t used = 0, packets = 0;
    /* Of this packet and of the one before. */
    ngtcp2_path_storage paths[2];
    int more = 1;
    while (packets < SEGMENTS_MAXIMUM && *count < limit) {
        size_t room = capacity - used;
        /* A packet is never cut short by the buffer's end: that would end its train early. */
        size_t whole = ngtcp2_conn_get_max_tx_udp_payload_size(connection->conn);
        if (room < whole) break;
        /* ngtcp2 tries a larger packet as soon as it has room for one. */
        size_t most = connection->probes_path ? PACKET_MAXIMUM : ngtcp2_conn_get_path_max_tx_udp_payload_size(connection->conn);
        ngtcp2_path *path = &paths[packets & 1].path, *before = &paths[~packets & 1].path;
        ngtcp2_pkt_info information = {0};
        ngtcp2_path_storage_zero(&paths[packets & 1]);
        ngtcp2_ssize length =
            next_packet(connection, offer, path, &information, buffer + used, room < most ? room : most, now);
        if (length < 0) return cquic_result(connection, (int)length);
        if (connection->has_failed) return CQUIC_CLOSE;
        if (length == 0) {
            more = 0;
            break;
        }
        if (*count > 0 &&
            joins(&trains[*count - 1], connection, before, path, (size_t)length, (uint8_t)information.ecn))
            trains[*count - 1].length += (uint32_t)length;
        else
            trains[(*count)++] = start_train(path, used, (size_t)length, (uint8_t)information.ecn);
        used += (uint32_t)length;
        packets++;
    }
    /* Until the handshake is confirmed the pacer counts with a round trip of 333 ms and would hold back this end's own
     * Finished for 27 ms; RFC 9002 lets the first window go as a burst. Later on it lets as much go (7.7): pacing less
     * would set a timer of a microsecond for every small packet, and the timer costs more than the packet. */
    connection->burst_bytes += used;
    if (connection->burst_bytes >= BURST_MAXIMUM && connection->is_confirmed) {
        ngtcp2_conn_update_pkt_tx_time(connection->conn, now);
        connection->burst_bytes = 0;
    }
    return more;
}

int cquic_write(cquic_connection *connection, uint8_t *buffer, size_t capacity, cquic_train *trains, uint32_t limit,
                uint32_t *count, uint64_t now) {
    offer offer;
    *count = 0;
    if (connection->has_failed) return CQUIC_CLOSE;
    offer.out.stream = -1;
    offer.is_due = 0;
    offer.last = -1;
    int more = write_packets(connection, &offer, buffer, capacity, trains, limit, count, now);
    end_offer(connection, &offer);
    return more;
}

int cquic_write_close(cquic_connection *connection, uint8_t *buffer, size_t capacity, cquic_train *train, uint64_t now) {
    ngtcp2_path_storage path;
    ngtcp2_pkt_info information = {0};
    if (!connection->has_failed || compat_in_closing(connection->conn) || compat_in_draining(connection->conn)) return 0;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_ssize length = ngtcp2_conn_write_connection_close(connection->conn, &path.path, &information, buffer,
                                                             capacity, &connection->error, now);
    if (length <= 0) return 0;
    *train = start_train(&path.path, 0, (size_t)length, (uint8_t)information.ecn);
    return 1;
}

int cquic_write_datagram(cquic_connection *connection, const uint8_t *bytes, size_t length, uint8_t *buffer,
                         size_t capacity, cquic_train *train, uint64_t now) {
    ngtcp2_path_storage path;
    ngtcp2_pkt_info information = {0};
    ngtcp2_vec vector = {(uint8_t *)bytes, length};
    int accepted = 0;
    if (connection->has_failed) return CQUIC_CLOSE;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_ssize result = ngtcp2_conn_writev_datagram(connection->conn, &path.path, &information, buffer, capacity,
                                                      &accepted, NGTCP2_WRITE_DATAGRAM_FLAG_NONE, 0, &vector, 1, now);
    if (result == NGTCP2_ERR_INVALID_ARGUMENT || result == NGTCP2_ERR_INVALID_STATE) return CQUIC_ARGUMENT;
    if (result < 0) return cquic_result(connection, (int)result);
    if (result == 0) return 0;
    *train = start_train(&path.path, 0, (size_t)result, (uint8_t)information.ecn);
    return 1 + (accepted ? 0 : 1);
}
