// SPDX-License-Identifier: Apache-2.0
// The floor of the cover transport: bytes of one QUIC stream through the same shim, AES-128-GCM, packets of 1452 bytes.
// One copy into a ring that is kept until acknowledged, one copy out. QUIC_FLOOR_PLAIN=1 does without trains.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "quic.h"

static uint8_t pin[CQUIC_PIN_LENGTH], secret[CQUIC_SECRET_LENGTH];
static cquic_credentials *server_credentials;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int on_connected(void *user) { (void)user; return 0; }
// The first request goes with the last packet of the handshake.
static int on_completed(void *user) { ((struct line *)user)->connected = 1; return 0; }
static int on_opened(void *user, int64_t stream) {
    struct line *line = user;
    line->stream = stream;
    line->channel->current = line;
    return 0;
}
// What was asked is sent back; the one who asked finds it unchanged.
static int exchange(struct line *line, int64_t stream, const uint8_t *bytes, size_t count) {
    if (count > REQUEST - line->arrived) bench_die("quic", "more than was sent");
    if (line->channel->server) memcpy(line->request + line->arrived, bytes, count);
    else if (memcmp(line->request + line->arrived, bytes, count) != 0) bench_die("quic", "another answer");
    line->arrived += count;
    if (line->channel->server && line->arrived == REQUEST) line->end = REQUEST;
    cquic_stream_consumed(line->quic, stream, count);
    return 0;
}
static int on_received(void *user, int64_t stream, const uint8_t *bytes, size_t count, int fin) {
    struct line *line = user;
    struct channel *channel = line->channel;
    size_t direct = channel->spill_start == channel->spill_end && channel->room < count ? channel->room : count;
    (void)fin;
    if (bench_connects() > 1) return exchange(line, stream, bytes, count);
    if (channel->spill_start != channel->spill_end) direct = 0;
    memcpy(channel->target + channel->received, bytes, direct);
    channel->received += direct;
    channel->room -= direct;
    if (direct > 0) cquic_stream_consumed(line->quic, stream, direct);
    if (channel->spill_end + count - direct > WINDOW) bench_die("quic", "more than the window");
    memcpy(channel->spill + channel->spill_end, bytes + direct, count - direct);
    channel->spill_end += count - direct;
    return 0;
}
static int on_acked(void *user, int64_t stream, uint64_t count) {
    (void)stream;
    ((struct line *)user)->acked += count;
    return 0;
}
static int on_reset(void *user, int64_t stream, uint64_t error) { (void)user, (void)stream, (void)error; return 0; }
static int on_closed(void *user, int64_t stream, int failed, uint64_t error) {
    (void)user, (void)stream, (void)failed, (void)error;
    return 0;
}
static int on_credit(void *user, int64_t stream) { (void)user, (void)stream; return 0; }
static int on_streams(void *user) { (void)user; return 0; }
static int on_datagram(void *user, const uint8_t *bytes, size_t count) { (void)user, (void)bytes, (void)count; return 0; }
static void on_id(void *user, const uint8_t *id) {
    struct line *line = user;
    if (line->id_count == IDS) bench_die("quic", "too many ids");
    memcpy(line->ids[line->id_count++], id, CQUIC_ID_LENGTH);
}
static void on_id_gone(void *user, const uint8_t *id) {
    struct line *line = user;
    for (uint32_t i = 0; i < line->id_count; i++)
        if (memcmp(line->ids[i], id, CQUIC_ID_LENGTH) == 0) {
            memcpy(line->ids[i], line->ids[--line->id_count], CQUIC_ID_LENGTH);
            return;
        }
}
static void on_token(void *user, const uint8_t *token) { (void)user, (void)token; }
static void on_path(void *user, int valid) { (void)user, (void)valid; }
static int on_pull(void *user, cquic_outgoing *out) {
    struct line *line = user;
    uint64_t left = line->end - line->sent;
    if (line->stream < 0 || left == 0) return 0;
    if (bench_connects() > 1) {
        out->stream = line->stream;
        out->vectors[0] = (cquic_vector){line->request + line->sent, left};
        out->count = 1;
        return 1;
    }
    size_t start = line->sent % RING, first = RING - start < left ? RING - start : left;
    out->stream = line->stream;
    out->vectors[0] = (cquic_vector){line->channel->ring + start, first};
    out->vectors[1] = (cquic_vector){line->channel->ring, left - first};
    out->count = left > first ? 2 : 1;
    return 1;
}
static void on_took(void *user, int64_t stream, uint64_t count, int fin) {
    (void)stream, (void)fin;
    ((struct line *)user)->sent += count;
}
static void on_refused(void *user, int64_t stream, int gone) {
    (void)user, (void)stream, (void)gone;
    bench_die("quic", "the window is smaller than the ring");
}

static const cquic_callbacks callbacks = {on_connected, on_opened, on_received, on_acked, on_reset, on_closed,
    on_credit, on_streams, on_datagram, on_id, on_id_gone, on_token, on_token, on_path, on_pull, on_took, on_refused,
    on_completed};
static const cquic_options options = {.connection_window = WINDOW, .stream_window = WINDOW,
    .handshake_timeout = 10000000000u, .secret = secret, .bidirectional_streams = 100, .unidirectional_streams = 3,
    .payload_size = 1452, .flags = CQUIC_FLAG_FIXED_PAYLOAD};

static struct line *new_line(struct channel *channel) {
    for (int i = 0; i < CONNECTIONS; i++)
        if (channel->lines[i] == NULL) {
            channel->lines[i] = calloc(1, sizeof(struct line));
            channel->lines[i]->channel = channel;
            channel->lines[i]->stream = -1;
            return channel->lines[i];
        }
    bench_die("quic", "too many connections");
}

static void drop(struct channel *channel, struct line *line) {
    for (int i = 0; i < CONNECTIONS; i++)
        if (channel->lines[i] == line) channel->lines[i] = NULL;
    if (channel->current == line) channel->current = NULL;
    cquic_free(line->quic);
    free(line);
}

static void send_train(struct channel *channel, cquic_train *train) {
    for (;;) {
        int64_t sent = cquic_udp_send(channel->fd, train, channel->buffer + train->offset, &channel->features);
        if (sent < 0) bench_die("send", strerror((int)-sent));
        if (sent == (int64_t)train->length) return;
        train->offset += (uint32_t)sent;
        train->length -= (uint32_t)sent;
        struct pollfd ready = {channel->fd, POLLOUT, 0};
        poll(&ready, 1, 1);
    }
}

static void settle(struct channel *channel, struct line *line, int status) {
    cquic_train train;
    if (status == CQUIC_OK) return;
    if (status == CQUIC_CLOSE && cquic_write_close(line->quic, channel->buffer, BUFFER, &train, now()))
        send_train(channel, &train);
    if (line == channel->current && !bench_connects()) bench_die("quic", "the connection ended");
    drop(channel, line);
}

static void send_all(struct channel *channel) {
    channel->unsent = 0;
    for (int i = 0; i < CONNECTIONS; i++) {
        struct line *line = channel->lines[i];
        cquic_train trains[8];
        uint32_t count;
        int more = 1;
        while (line != NULL && more == 1) {
            more = cquic_write(line->quic, channel->buffer, BUFFER, trains, 8, &count, now());
            for (uint32_t t = 0; t < count; t++) send_train(channel, &trains[t]);
            if (more < 0) settle(channel, line, more), line = NULL;
        }
    }
}

static struct line *find(struct channel *channel, const uint8_t *packet, size_t count) {
    int is_long = packet[0] & 0x80;
    size_t length = is_long ? (count > 6 ? packet[5] : 0) : CQUIC_ID_LENGTH;
    const uint8_t *id = packet + (is_long ? 6 : 1);
    if (count < (size_t)(id - packet) + length) return NULL;
    for (int i = 0; i < CONNECTIONS; i++) {
        struct line *line = channel->lines[i];
        if (line == NULL) continue;
        for (uint32_t k = 0; k < line->id_count; k++)
            if (length == CQUIC_ID_LENGTH && memcmp(line->ids[k], id, length) == 0) return line;
        if (is_long && length == line->original_length && memcmp(line->original, id, length) == 0) return line;
    }
    return NULL;
}

static void take(struct channel *channel, const cquic_arrival *arrival, const uint8_t *packet, size_t count) {
    cquic_initial initial;
    struct line *line = find(channel, packet, count);
    if (line == NULL) {
        if (!channel->server || cquic_packet_initial(packet, count, &initial) != 0) return;
        line = new_line(channel);
        line->original_length = initial.destination_length;
        memcpy(line->original, initial.destination, initial.destination_length);
        line->quic = cquic_accept(channel->credentials, &options, NULL, &callbacks, line, &arrival->local,
                                  &arrival->remote, &initial, now());
        if (line->quic == NULL) bench_die("quic", "accept");
    }
    settle(channel, line, cquic_read(line->quic, &arrival->local, &arrival->remote, arrival->ecn, packet, count, now()));
}

// One turn: what may go, what has come, what is due. Waits when there is nothing and `wait` is set.
static void turn(struct channel *channel, int wait) {
    cquic_arrival arrivals[CQUIC_UDP_BATCH];
    // Before receiving and not after: so an answer carries the acknowledgement of its question.
    send_all(channel);
    int count = cquic_udp_receive(channel->fd, &channel->local, channel->arrivals_memory, arrivals,
                                  CQUIC_UDP_BATCH);
    if (count < 0) bench_die("receive", strerror(-count));
    for (int i = 0; i < count; i++)
        for (uint32_t at = 0; at < arrivals[i].length; at += arrivals[i].segment) {
            uint32_t left = arrivals[i].length - at;
            take(channel, &arrivals[i], arrivals[i].bytes + at, left < arrivals[i].segment ? left : arrivals[i].segment);
        }
    if (count > 0 || !wait || channel->received > 0) return;
    uint64_t due = UINT64_MAX, clock = now();
    for (int i = 0; i < CONNECTIONS; i++)
        if (channel->lines[i] != NULL && cquic_deadline(channel->lines[i]->quic) < due)
            due = cquic_deadline(channel->lines[i]->quic);
    if (due > clock) {
        uint64_t left = due - clock < 1000000000u ? due - clock : 999999999u;
        struct timespec limit = {0, (long)left};
        struct pollfd ready = {channel->fd, POLLIN, 0};
        ppoll(&ready, 1, &limit, NULL);
        clock = now();
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        struct line *line = channel->lines[i];
        if (line != NULL && cquic_deadline(line->quic) <= clock) settle(channel, line, cquic_expire(line->quic, clock));
    }
}

static size_t write_all(void *context, const uint8_t *bytes, size_t length) {
    struct channel *channel = context;
    for (size_t done = 0; done < length;) {
        struct line *line = channel->current;
        if (line == NULL) bench_die("quic", "nobody to send to");
        size_t room = RING - (size_t)(line->end - line->acked), start = line->end % RING;
        size_t part = length - done < room ? length - done : room;
        if (part > RING - start) part = RING - start;
        if (part == 0) {
            turn(channel, 1);
            continue;
        }
        memcpy(channel->ring + start, bytes + done, part);
        line->end += part;
        done += part;
        channel->unsent += part;
    }
    if (channel->unsent >= 262144) turn(channel, 0);
    return length;
}

static size_t read_some(void *context, uint8_t *bytes, size_t room) {
    struct channel *channel = context;
    size_t spilled = channel->spill_end - channel->spill_start;
    if (spilled > 0) {
        size_t part = spilled < room ? spilled : room;
        memcpy(bytes, channel->spill + channel->spill_start, part);
        channel->spill_start += part;
        if (channel->spill_start == channel->spill_end) channel->spill_start = channel->spill_end = 0;
        if (channel->current != NULL) cquic_stream_consumed(channel->current->quic, channel->current->stream, part);
        return part;
    }
    channel->target = bytes;
    channel->room = room;
    channel->received = 0;
    while (channel->received == 0) turn(channel, 1);
    size_t received = channel->received;
    channel->room = channel->received = 0;
    return received;
}

static struct line *begin(struct channel *channel) {
    struct line *line = new_line(channel);
    cquic_peer peer = {.pins = pin, .pin_count = 1};
    line->quic = cquic_connect(channel->credentials, &options, &peer, &callbacks, line, &channel->local,
                               &channel->remote, now());
    if (line->quic == NULL) bench_die("quic", "connect");
    return line;
}

static void dial(struct channel *channel) {
    struct line *line = begin(channel);
    while (!line->connected) turn(channel, 1);
    if (cquic_stream_open(line->quic, 1, &line->stream) != 0) bench_die("quic", "no stream");
    channel->current = line;
}

static void *open_connection(int server, size_t size) {
    static const uint8_t loopback[4] = {127, 0, 0, 1}, protocols[] = "\x05" "floor";
    struct channel *channel = calloc(1, sizeof *channel);
    cquic_address any = cquic_address_v4(loopback, server ? (uint16_t)bench_port() : 0);
    uint32_t without = getenv("QUIC_FLOOR_PLAIN") ? CQUIC_UDP_SEGMENTS | CQUIC_UDP_COALESCES : 0;
    int error = 0;
    (void)size;
    channel->server = server;
    channel->fd = cquic_udp_open(&any, 4 << 20, without, &channel->features);
    if (channel->fd < 0 || cquic_udp_local(channel->fd, &channel->local) < 0) bench_die("socket", strerror(-channel->fd));
    channel->remote = cquic_address_v4(loopback, (uint16_t)bench_port());
    channel->credentials = server ? server_credentials : cquic_credentials_authorities("/dev/null", &error);
    if (channel->credentials == NULL) channel->credentials = cquic_credentials_authorities(NULL, &error);
    if (cquic_credentials_set_protocols(channel->credentials, protocols, 6) != 0) bench_die("quic", "protocols");
    channel->ring = malloc(RING);
    channel->spill = malloc(WINDOW);
    channel->buffer = malloc(BUFFER);
    channel->arrivals_memory = malloc((size_t)CQUIC_UDP_BATCH * CQUIC_UDP_DATAGRAM);
    channel->stream.write = write_all;
    channel->stream.read = read_some;
    stream_init(&channel->stream, channel, 65536);
    if (!server && bench_connects() <= 1) dial(channel);
    if (!server) return channel;
    while (channel->current == NULL && !bench_connects()) turn(channel, 1);
    return channel;
}

static void reconnect(void *c) {
    struct channel *channel = c;
    cquic_fail(channel->current->quic, 0, NULL);
    struct line *line = channel->current;
    channel->current = NULL;
    settle(channel, line, CQUIC_CLOSE);
    dial(channel);
}

static uint64_t connect_many(void *c, int at_once, double seconds, double *elapsed) {
    struct channel *channel = c;
    uint64_t done = 0, started = now(), clock = started, number = 0;
    for (int i = 0; i < at_once; i++) begin(channel);
    while ((double)(clock - started) < seconds * 1e9) {
        turn(channel, 1);
        for (int i = 0; i < CONNECTIONS; i++) {
            struct line *line = channel->lines[i];
            if (line == NULL || !line->connected) continue;
            if (line->stream < 0) {
                if (cquic_stream_open(line->quic, 1, &line->stream) != 0) bench_die("quic", "no stream");
                for (size_t at = 0; at < REQUEST; at++) line->request[at] = (uint8_t)(number * 31 + at);
                line->end = REQUEST;
                number++;
            } else if (line->arrived == REQUEST) {
                cquic_fail(line->quic, 0, NULL);
                settle(channel, line, CQUIC_CLOSE);
                begin(channel);
                done++;
                clock = now();
            }
        }
    }
    *elapsed = (double)(clock - started) / 1e9;
    return done;
}

static void send_message(void *c, const void *b, size_t n) { stream_send(&((struct channel *)c)->stream, b, n); }
static void flush(void *c) {
    struct channel *channel = c;
    stream_flush(&channel->stream);
    send_all(channel);
    // What the congestion window did not let go has to be seen through: the harness may not call again.
    struct line *line = channel->current;
    if (line == NULL || line->sent == line->end) return;
    while (channel->current == line && line->acked < line->end) turn(channel, 1);
}
static const void *receive(void *c, size_t *n) { return stream_receive(&((struct channel *)c)->stream, n); }
static int ready(void *c) { return stream_ready(&((struct channel *)c)->stream); }

static void prepare(void) {
    int error = 0;
    if (server_credentials == NULL) server_credentials = cquic_credentials_self_made("floor", &error);
    if (server_credentials == NULL || cquic_credentials_pin(server_credentials, pin) != 0 ||
        cquic_random(secret, sizeof secret) != 0)
        bench_die("quic", cquic_credentials_sentence(error));
}

int main(int argc, char **argv) {
    static const struct peer quic = {"quic-floor", prepare, open_connection, send_message, flush, receive, ready, NULL,
                                     reconnect};
    bench_connect_many = connect_many;
    return bench_main(argc, argv, (const struct peer *const[]){&quic}, 1);
}
