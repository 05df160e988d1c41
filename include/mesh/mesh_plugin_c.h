/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_plugin_c.h: what every plugin in C repeats, so that a plugin's own file holds what is its own. Include it in
 * one source file of the plugin, instead of mesh_plugin.h. It is no part of the ABI: a plugin may do without.
 */
#ifndef MESH_PLUGIN_C_H
#define MESH_PLUGIN_C_H

#include "mesh_plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Exports a plugin: its ELF note, `describe` and the entry. ID, VERSION and SCHEMES are string literals, the schemes
 * comma separated as the note has them. `info_` is a static mesh_plugin_info, whose id and version are filled in here;
 * `table_` a static mesh_plugin_api, to which the entry adds `describe`. */
#define MESH_PLUGIN(ID, VERSION, SCHEMES, info_, table_)                                                           \
    static int32_t mesh_plugin_describe(mesh_plugin_info *out) {                                                   \
        const uint32_t size = out->size < sizeof info_ ? out->size : (uint32_t)sizeof info_;                       \
        mesh_plugin_info all = info_;                                                                              \
        all.id = ID;                                                                                               \
        all.version = VERSION;                                                                                     \
        memcpy(out, &all, size); /* a newer host knows more members, an older one fewer */                         \
        out->size = size;                                                                                          \
        return MESH_OK;                                                                                            \
    }                                                                                                              \
    __attribute__((visibility("default"))) int32_t mesh_plugin_entry_v1(const mesh_host_api *host,                 \
                                                                        mesh_plugin_api *out) {                    \
        const uint32_t size = out->size < sizeof table_ ? out->size : (uint32_t)sizeof table_;                     \
        mesh_plugin_api all = table_;                                                                              \
        if (!MESH_HAS(host, mesh_host_api, extension)) return MESH_E_VERSION;                                      \
        all.describe = mesh_plugin_describe;                                                                       \
        memcpy(out, &all, size);                                                                                   \
        out->size = size;                                                                                          \
        mesh_host_table = host;                                                                                    \
        return MESH_OK;                                                                                            \
    }                                                                                                              \
    __attribute__((section(MESH_NOTE_SECTION), aligned(4), used)) static const struct {                            \
        uint32_t owner_len, text_len, type;                                                                        \
        char owner[8], text[(sizeof MESH_NOTE_TEXT(ID, VERSION, SCHEMES) + 3) & ~(size_t)3];                       \
    } mesh_plugin_note = {sizeof MESH_NOTE_OWNER, sizeof MESH_NOTE_TEXT(ID, VERSION, SCHEMES) - 1, MESH_NOTE_TYPE, \
                          MESH_NOTE_OWNER, MESH_NOTE_TEXT(ID, VERSION, SCHEMES)}

#define MESH_NOTE_TEXT(ID, VERSION, SCHEMES) "id=" ID "\nversion=" VERSION "\nabi=1.0\nschemes=" SCHEMES "\n"

/* The host's functions. The one thing kept outside an instance: `create` gets no table, and it is the same for all. */
static const mesh_host_api *mesh_host_table;

/* The class that a failure with this code usually has. */
static inline uint32_t mesh_usual_class(int32_t code) {
    switch (code) {
    case MESH_OK: case MESH_E_CANCELLED: return MESH_CLASS_NONE;
    case MESH_E_CLOSED: case MESH_E_RESET: case MESH_E_PROTOCOL: return MESH_CLASS_PEER;
    case MESH_E_AUTH: return MESH_CLASS_AUTH;
    case MESH_E_ADDRESS: case MESH_E_CONFIG: case MESH_E_EXISTS: case MESH_E_PERMISSION: return MESH_CLASS_CONFIG;
    case MESH_E_LIMIT: case MESH_E_NOMEM: return MESH_CLASS_RESOURCE;
    case MESH_E_UNSUPPORTED: case MESH_E_VERSION: return MESH_CLASS_UNSUPPORTED;
    case MESH_E_INTERNAL: case MESH_E_INVALID: case MESH_E_STATE: return MESH_CLASS_BUG;
    default: return MESH_CLASS_TRANSIENT;
    }
}

/* The code for an errno of a socket call. */
static inline int32_t mesh_code_of(int error) {
    switch (error) {
    case 0: return MESH_OK;
    case ECANCELED: return MESH_E_CANCELLED;
    case ENOENT: case EHOSTUNREACH: case ENETUNREACH: case ENETDOWN: return MESH_E_UNREACHABLE;
    case ECONNREFUSED: return MESH_E_REFUSED;
    case ETIMEDOUT: return MESH_E_TIMEOUT;
    case ECONNRESET: case EPIPE: case ECONNABORTED: return MESH_E_RESET;
    case EPROTO: return MESH_E_PROTOCOL;
    case EADDRINUSE: return MESH_E_EXISTS;
    case EACCES: case EPERM: return MESH_E_PERMISSION;
    case ENOTDIR: case EROFS: case EPROTOTYPE: case EADDRNOTAVAIL: case EAFNOSUPPORT: return MESH_E_ADDRESS;
    case EMFILE: case ENFILE: return MESH_E_LIMIT;
    case ENOMEM: case ENOBUFS: return MESH_E_NOMEM;
    default: return MESH_E_IO;
    }
}

/* Sends one event with the usual class of its code. `id` is the listener or the link that it is about, or the
 * parameter that CONFIGURED names; `text` is an address or a sentence, or NULL. */
static inline int32_t mesh_tell(mesh_host *host, uint32_t kind, uint64_t id, int32_t code, const char *text) {
    mesh_link_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.code = code;
    event.fclass = mesh_usual_class(code);
    event.data.ptr = text;
    event.data_len = text ? (uint32_t)strlen(text) : 0;
    if (kind == MESH_EVENT_CONFIGURED) event.token = id;
    else if (kind == MESH_EVENT_LISTENING || kind == MESH_EVENT_LISTEN_FAILED) event.listener = id;
    else event.link = id;
    return mesh_host_table->link_event(host, &event, 1);
}

/* Asks the host to take a link that somebody opened. Returns the link's id, or 0 when the host refuses it. */
static inline uint64_t mesh_incoming(mesh_host *host, uint64_t listener, uint64_t source, const char *address) {
    mesh_link_event event;
    memset(&event, 0, sizeof event);
    event.kind = MESH_EVENT_INCOMING;
    event.listener = listener;
    event.token = source;
    event.data.ptr = address;
    event.data_len = (uint32_t)strlen(address);
    return mesh_host_table->link_event(host, &event, 1) == MESH_OK ? event.link : 0;
}

/* Whether a transport of whole packets can send this one: OK, or the status to complete it with. An empty packet reads
 * like the end of the connection on many sockets. */
static inline int32_t mesh_sendable(const mesh_buf *buf, uint32_t mtu) {
    if (buf->len == 0 || (buf->flags & MESH_BUF_SEGMENTED)) return MESH_E_INVALID;
    return buf->len > mtu ? MESH_E_MTU : MESH_OK;
}

/* Gives n packets of one link back, each with its status set, and grants again the credit that they used. */
static inline void mesh_give_back(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    uint64_t bytes = 0, link;
    uint32_t i;
    if (n == 0) return;
    link = bufs[0].link;
    for (i = 0; i < n; i++) bytes += bufs[i].len;
    mesh_host_table->transmit_done(host, bufs, n);
    mesh_host_table->credit(host, link, n, bytes);
}

/* Takes the listening socket of a mesh_listen_options: of the plugin that is being replaced, or of socket activation.
 * Returns it, non-blocking, or -1 and errno when it does not listen or is not of this type (SOCK_STREAM, …). */
static inline int mesh_adopt(int fd, int type) {
    int found = 0, listening = 0;
    socklen_t size = sizeof found;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &found, &size) == 0 && found == type &&
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening &&
        fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        return fd;
    close(fd);
    errno = EPROTOTYPE;
    return -1;
}

#endif
