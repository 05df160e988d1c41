// SPDX-License-Identifier: Apache-2.0
// NATS through its server, which this program starts. A window of unread messages keeps the server from dropping
// a slow reader, as it otherwise would.
#include "bench.h"

#include <nats/nats.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WINDOW_BYTES = 16 << 20, WINDOW_MESSAGES = 32768 };
struct connection {
    natsConnection *link;
    natsSubscription *incoming, *credit;
    natsMsg *message;
    const char *to, *credit_to;
    int64_t window, unread, unseen;
    int stored;
};
static pid_t broker;

static void demand(const char *what, natsStatus status) {
    if (status != NATS_OK) bench_die(what, natsStatus_GetText(status));
}

static void start_broker(void) {
    char port[16];
    snprintf(port, sizeof port, "%d", bench_port());
    if ((broker = fork()) != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execlp("nats-server", "nats-server", "-a", "127.0.0.1", "-p", port, "-l", "/dev/null", NULL);
    bench_die("nats-server", "could not be started");
}
static void stop_broker(void) {
    kill(broker, SIGKILL);
    waitpid(broker, NULL, 0);
}

static void *open_connection(int server, size_t size) {
    struct connection *connection = calloc(1, sizeof *connection);
    char url[64];
    natsStatus status = NATS_NO_SERVER;
    natsMsg *hello = NULL;
    natsOptions *options = NULL;
    connection->to = server ? "to.client" : "to.server";
    connection->credit_to = server ? "credit.client" : "credit.server";
    connection->window = WINDOW_BYTES / (int64_t)size;
    if (connection->window > WINDOW_MESSAGES) connection->window = WINDOW_MESSAGES;
    snprintf(url, sizeof url, "nats://127.0.0.1:%d", bench_port());
    demand("options", natsOptions_Create(&options));
    demand("options", natsOptions_SetURL(options, url));
    demand("options", natsOptions_SetSendAsap(options, bench_ping_pong() != 0));
    for (int tries = 0; tries < 2500 && status != NATS_OK; tries++, usleep(2000))
        status = natsConnection_Connect(&connection->link, options);
    demand(url, status);
    demand("subscribe", natsConnection_SubscribeSync(&connection->incoming, connection->link,
                                                     server ? "to.server" : "to.client"));
    demand("subscribe", natsConnection_SubscribeSync(&connection->credit, connection->link,
                                                     server ? "credit.server" : "credit.client"));
    demand("limits", natsSubscription_SetPendingLimits(connection->incoming, -1, -1));
    demand("flush", natsConnection_Flush(connection->link));
    // The server side says that it is there; the client waits, for what nobody subscribes to is thrown away.
    for (int tries = 0; !server && tries < 2500 && !hello; tries++) {
        demand("hello", natsConnection_PublishString(connection->link, "credit.server", "hello"));
        demand("flush", natsConnection_Flush(connection->link));
        natsSubscription_NextMsg(&hello, connection->incoming, 2);
    }
    if (server) {
        demand("hello", natsSubscription_NextMsg(&hello, connection->credit, 10000));
        demand("hello", natsConnection_PublishString(connection->link, "to.client", "hello"));
        demand("flush", natsConnection_Flush(connection->link));
    }
    natsMsg_Destroy(hello);
    return connection;
}

static void send_message(void *c, const void *bytes, size_t length) {
    struct connection *connection = c;
    natsMsg *credit;
    while (connection->unread >= connection->window) {
        demand("credit", natsSubscription_NextMsg(&credit, connection->credit, 20000));
        if (natsMsg_GetDataLength(credit) == 1) connection->unread -= connection->window / 2;
        natsMsg_Destroy(credit);
    }
    connection->unread++;
    demand("publish", natsConnection_Publish(connection->link, connection->to, bytes, (int)length));
}
// The library's flush waits for the server's answer; without one it writes up to 2 ms later.
static void flush(void *c) {
    if (!bench_ping_pong()) demand("flush", natsConnection_FlushTimeout(((struct connection *)c)->link, 20000));
}
static void take(struct connection *connection, natsMsg *message) {
    natsMsg_Destroy(connection->message);
    connection->message = message;
    if (++connection->unseen < connection->window / 2) return;
    connection->unseen = 0;
    demand("credit", natsConnection_PublishString(connection->link, connection->credit_to, "+"));
}
static int ready(void *c) {
    struct connection *connection = c;
    uint64_t queued = 0;
    natsSubscription_QueuedMsgs(connection->incoming, &queued);
    return queued > 0;
}
static const void *receive(void *c, size_t *length) {
    struct connection *connection = c;
    natsMsg *message;
    demand("receive", natsSubscription_NextMsg(&message, connection->incoming, 20000));
    take(connection, message);
    *length = (size_t)natsMsg_GetDataLength(message);
    return natsMsg_GetData(message);
}

int main(int argc, char **argv) {
    static const struct peer nats = {"nats",  start_broker, open_connection, send_message, flush,
                                     receive, ready,        stop_broker, NULL};
    return bench_main(argc, argv, (const struct peer *const[]){&nats}, 1);
}
