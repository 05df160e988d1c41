/* SPDX-License-Identifier: Apache-2.0
 * A file over a stream; the receiver answers with its hash. Usage: file HOME serve FOLDER | file HOME PEER FILE */
#include "example.h"
#include "hash.h"

static const char *const protocol = "/example/file/1";

/* Writes all of it, waiting for room where there is none. */
static void write_all(mesh_handle *node, uint64_t stream, const uint8_t *data, size_t len) {
    while (len > 0) {
        mesh_slice rest = slice_of(data, len);
        int32_t taken = mesh_stream_write(node, stream, &rest, 1);
        if (taken == MESH_E_AGAIN) {
            mesh_event events[16];
            uint32_t count = next_events(node, events, 16, -1);
            for (uint32_t i = 0; i < count; i++) {
                if (events[i].kind == MESH_ON_STREAM_END && events[i].id == stream) must(events[i].code, "sending");
            }
            continue;
        }
        must(taken, "writing");
        data += taken;
        len -= (size_t)taken;
    }
}

static int send_file(mesh_handle *node, const char *name, const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    uint64_t peer = 0, stream = 0, hash = HASH_START;
    must(mesh_peer_find(node, name, &peer), "finding the peer");
    const char *slash = strrchr(path, '/');
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.tclass = MESH_TCLASS_BULK;
    options.metadata = slash != NULL ? slash + 1 : path;
    options.metadata_len = (uint32_t)strlen(options.metadata);
    must(mesh_stream_open(node, peer, protocol, &options, &stream), "opening a stream");
    static uint8_t piece[65536];
    for (size_t len; (len = fread(piece, 1, sizeof piece, file)) > 0;) {
        hash = hash_more(hash, piece, len);
        write_all(node, stream, piece, len);
    }
    fclose(file);
    must(mesh_stream_finish(node, stream), "finishing");

    char wanted[17], answer[17] = "";
    snprintf(wanted, sizeof wanted, "%016llx", (unsigned long long)hash);
    mesh_event events[16];
    for (size_t got = 0;;) {
        uint32_t count = next_events(node, events, 16, -1);
        for (uint32_t i = 0; i < count; i++) {
            if (events[i].id != stream) continue;
            if (events[i].kind == MESH_ON_DATA && got + events[i].len < sizeof answer) {
                memcpy(answer + got, events[i].data, events[i].len);
                got += events[i].len;
            } else if (events[i].kind == MESH_ON_STREAM_END) {
                must(events[i].code, "waiting for the hash");
                printf("sent %s: here %s, there %s\n", path, wanted, answer);
                must(mesh_close(node, 1000), "closing");
                return strcmp(wanted, answer) == 0 ? 0 : 1;
            }
        }
    }
}

/* One file at a time; streams that come meanwhile are cut off. */
static void receive_files(mesh_handle *node, const char *folder) {
    FILE *file = NULL;
    uint64_t stream = 0, hash = HASH_START;
    mesh_event events[16];
    for (;;) {
        uint32_t count = next_events(node, events, 16, -1);
        for (uint32_t i = 0; i < count; i++) {
            const mesh_event *event = &events[i];
            if (event->kind == MESH_ON_STREAM) {
                char path[4096];
                /* A peer's word must not lead out of the folder. */
                int bad = event->meta_len == 0 || event->meta_len > 200 || event->meta[0] == '.' ||
                          memchr(event->meta, '/', event->meta_len) != NULL ||
                          memchr(event->meta, 0, event->meta_len) != NULL;
                snprintf(path, sizeof path, "%s/%.*s", folder, (int)event->meta_len, (const char *)event->meta);
                if (bad || file != NULL || (file = fopen(path, "wbx")) == NULL) {
                    mesh_stream_reset(node, event->id, 1);
                    continue;
                }
                stream = event->id;
                hash = HASH_START;
            } else if (event->kind == MESH_ON_DATA && event->id == stream && file != NULL) {
                hash = hash_more(hash, event->data, event->len);
                if (fwrite(event->data, 1, event->len, file) != event->len) must(MESH_E_IO, "writing the file");
            } else if (event->kind == MESH_ON_STREAM_END && event->id == stream && file != NULL) {
                fclose(file);
                file = NULL;
                if (event->code != MESH_OK) continue;
                char text[17];
                snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
                mesh_slice answer = slice_of(text, 16);
                must(mesh_stream_write(node, stream, &answer, 1), "answering");
                must(mesh_stream_finish(node, stream), "finishing");
            }
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: file HOME serve FOLDER | file HOME PEER FILE\n");
        return 2;
    }
    mesh_handle *node = open_home(argv[1], "file");
    if (strcmp(argv[2], "serve") != 0) return send_file(node, argv[2], argv[3]);
    serve(node, protocol, MESH_SERVE_STREAMS);
    receive_files(node, argv[3]);
    return 0;
}
