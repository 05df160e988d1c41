// SPDX-License-Identifier: Apache-2.0
// quinn, from Debian's librust-quinn-dev: one QUIC stream with the windows, packets, cipher and congestion control of the
// floor (quic.c), and as many copies.
#include "bench.h"

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct line;
struct line *quinn_open(bool server, uint16_t port, const char *certificate, const uint8_t *key, size_t length);
bool quinn_dial(struct line *line);
bool quinn_write(struct line *line, const uint8_t *bytes, size_t length);
void quinn_flush(struct line *line, uint32_t milliseconds);
size_t quinn_read(struct line *line, uint8_t *bytes, size_t room);

struct channel { struct line *line; struct stream stream; bool lingers; };
static char certificate[4096];
static uint8_t key[138];

static void place(uint8_t *to, gnutls_datum_t number) {
    unsigned skip = number.size > 32 ? number.size - 32 : 0;
    memcpy(to + 32 - (number.size - skip), number.data + skip, number.size - skip);
}

// Its cryptography takes a P-256 key in this one form of PKCS 8 (RFC 5958, 5915), without the curve in the inner part.
static void rewrite_key(const char *pem) {
    static const uint8_t head[] = "\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48"
                                  "\xce\x3d\x03\x01\x07\x04\x6d\x30\x6b\x02\x01\x01\x04\x20";
    static const uint8_t middle[] = "\xa1\x44\x03\x42\x00\x04";
    gnutls_datum_t text = {(uint8_t *)pem, (unsigned)strlen(pem)}, x, y, k;
    gnutls_x509_privkey_t private_key;
    gnutls_ecc_curve_t curve;
    if (gnutls_x509_privkey_init(&private_key) < 0 ||
        gnutls_x509_privkey_import_pkcs8(private_key, &text, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN) < 0 ||
        gnutls_x509_privkey_export_ecc_raw(private_key, &curve, &x, &y, &k) < 0)
        bench_die("quinn", "the key");
    memcpy(key, head, 36);
    place(key + 36, k);
    memcpy(key + 68, middle, 6);
    place(key + 74, x);
    place(key + 106, y);
}

static size_t write_all(void *context, const uint8_t *bytes, size_t length) {
    struct channel *channel = context;
    if (!quinn_write(channel->line, bytes, length)) bench_die("quinn", "the connection has gone");
    return length;
}

static size_t read_some(void *context, uint8_t *bytes, size_t room) {
    struct channel *channel = context;
    size_t count = quinn_read(channel->line, bytes, room);
    if (count == 0) bench_die("quinn", "nothing to read");
    return count;
}

static void reconnect(void *c) {
    if (!quinn_dial(((struct channel *)c)->line)) bench_die("quinn", "no connection");
}

static void *open_connection(int server, size_t size) {
    struct channel *channel = calloc(1, sizeof *channel);
    // Its last answer is large then, and the harness does not call again.
    channel->lingers = server && size > 1024;
    channel->line = quinn_open(server, (uint16_t)bench_port(), certificate, key, sizeof key);
    if (!channel->line) bench_die("quinn", "no endpoint");
    channel->stream.write = write_all;
    channel->stream.read = read_some;
    stream_init(&channel->stream, channel, 65536);
    if (!server) reconnect(channel);
    return channel;
}

static void send_message(void *c, const void *b, size_t n) { stream_send(&((struct channel *)c)->stream, b, n); }
static void flush(void *c) {
    stream_flush(&((struct channel *)c)->stream);
    quinn_flush(((struct channel *)c)->line, ((struct channel *)c)->lingers ? 500 : 0);
}
static const void *receive(void *c, size_t *n) { return stream_receive(&((struct channel *)c)->stream, n); }
static int ready(void *c) { return stream_ready(&((struct channel *)c)->stream); }

int main(int argc, char **argv) {
    static const struct peer quinn = {"quinn", NULL, open_connection, send_message, flush, receive, ready, NULL, reconnect};
    char pem[4096];
    certificate_make(certificate, pem, sizeof pem);
    rewrite_key(pem);
    return bench_main(argc, argv, (const struct peer *const[]){&quinn}, 1);
}
