/* The layout of the plugin ABI, stated once more where the compiler checks it: a change that moves a member breaks
 * this build, not a plugin. */
#include <mesh/mesh.h>
#include <mesh/mesh_carrier.h>
#include <mesh/mesh_command.h>
#include <mesh/mesh_plugin.h>
#include <mesh/mesh_session.h>
#include <mesh/mesh_stream.h>

#define OFFSET(type, member, offset) \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member " has moved")
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " has changed its size")

SIZE(mesh_buf, 64);
OFFSET(mesh_buf, data, 0);
OFFSET(mesh_buf, link, 8);
OFFSET(mesh_buf, owner, 16);
OFFSET(mesh_buf, cookie, 24);
OFFSET(mesh_buf, off, 32);
OFFSET(mesh_buf, len, 36);
OFFSET(mesh_buf, cap, 40);
OFFSET(mesh_buf, time_us, 44);
OFFSET(mesh_buf, stream, 48);
OFFSET(mesh_buf, status, 52);
OFFSET(mesh_buf, segment, 56);
OFFSET(mesh_buf, flags, 58);
OFFSET(mesh_buf, tclass, 60);
OFFSET(mesh_buf, ecn, 61);
OFFSET(mesh_buf, reserved, 62);

SIZE(mesh_link_event, 64);
OFFSET(mesh_link_event, link, 8);
OFFSET(mesh_link_event, listener, 16);
OFFSET(mesh_link_event, token, 24);
OFFSET(mesh_link_event, data, 32);
OFFSET(mesh_link_event, extra, 40);
OFFSET(mesh_link_event, data_len, 48);
OFFSET(mesh_link_event, extra_len, 52);
OFFSET(mesh_link_event, fclass, 56);

SIZE(mesh_ready, 64);
OFFSET(mesh_ready, token, 8);
OFFSET(mesh_ready, fd, 16);
OFFSET(mesh_ready, status, 20);
OFFSET(mesh_ready, data, 24);
OFFSET(mesh_ready, data_len, 32);

SIZE(mesh_option, 64);
OFFSET(mesh_option, min, 32);
OFFSET(mesh_option, type, 48);
SIZE(mesh_param, 64);
OFFSET(mesh_param, value, 8);
OFFSET(mesh_param, type, 16);
OFFSET(mesh_param, line, 24);
SIZE(mesh_secret, 64);
OFFSET(mesh_secret, key, 8);
SIZE(mesh_stat, 64);
OFFSET(mesh_stat, value, 16);
OFFSET(mesh_stat, kind, 24);

SIZE(mesh_caps, 56);
OFFSET(mesh_caps, mtu, 8);
OFFSET(mesh_caps, bitrate, 32);
OFFSET(mesh_caps, horizon_s, 52);
SIZE(mesh_plugin_info, 128);
OFFSET(mesh_plugin_info, schemes, 40);
OFFSET(mesh_plugin_info, secrets, 64);
OFFSET(mesh_plugin_info, caps, 72);
SIZE(mesh_create_options, 40);
SIZE(mesh_listen_options, 16);
SIZE(mesh_connect_options, 16);

/* Tables of ABI 1.0. A later minor adds lines; it changes none. */
OFFSET(mesh_host_api, log, 8);
OFFSET(mesh_host_api, post, 16);
OFFSET(mesh_host_api, now, 24);
OFFSET(mesh_host_api, watch, 32);
OFFSET(mesh_host_api, unwatch, 40);
OFFSET(mesh_host_api, deadline, 48);
OFFSET(mesh_host_api, buffer_get, 56);
OFFSET(mesh_host_api, buffer_put, 64);
OFFSET(mesh_host_api, deliver, 72);
OFFSET(mesh_host_api, transmit_done, 80);
OFFSET(mesh_host_api, credit, 88);
OFFSET(mesh_host_api, link_event, 96);
OFFSET(mesh_host_api, offload, 104);
OFFSET(mesh_host_api, store_get, 112);
OFFSET(mesh_host_api, store_put, 120);
OFFSET(mesh_host_api, store_delete, 128);
OFFSET(mesh_host_api, extension, 136);
OFFSET(mesh_plugin_api, describe, 8);
OFFSET(mesh_plugin_api, create, 16);
OFFSET(mesh_plugin_api, configure, 24);
OFFSET(mesh_plugin_api, start, 32);
OFFSET(mesh_plugin_api, stop, 40);
OFFSET(mesh_plugin_api, destroy, 48);
OFFSET(mesh_plugin_api, listen, 56);
OFFSET(mesh_plugin_api, unlisten, 64);
OFFSET(mesh_plugin_api, connect, 72);
OFFSET(mesh_plugin_api, disconnect, 80);
OFFSET(mesh_plugin_api, on_ready, 88);
OFFSET(mesh_plugin_api, transmit, 96);
OFFSET(mesh_plugin_api, stats, 104);
OFFSET(mesh_plugin_api, extension, 112);

SIZE(mesh_event, 64);
OFFSET(mesh_event, id, 8);
OFFSET(mesh_event, token, 16);
OFFSET(mesh_event, peer, 24);
OFFSET(mesh_event, data, 32);
OFFSET(mesh_event, meta, 40);
OFFSET(mesh_event, value, 48);
OFFSET(mesh_event, len, 56);
OFFSET(mesh_event, meta_len, 60);
OFFSET(mesh_event, flags, 62);
SIZE(mesh_slice, 16);
SIZE(mesh_buffer, 24);
SIZE(mesh_open_options, 96);
OFFSET(mesh_open_options, config_file, 16);
OFFSET(mesh_open_options, event_bytes, 56);
SIZE(mesh_serve_options, 24);
SIZE(mesh_send_options, 48);
OFFSET(mesh_send_options, metadata, 16);
OFFSET(mesh_send_options, lifetime_ms, 32);
SIZE(mesh_peer_info, 240);

SIZE(mesh_carrier_options, 24);
OFFSET(mesh_carrier_options, lifetime_ms, 8);
OFFSET(mesh_carrier_options, tclass, 16);
SIZE(mesh_carrier_plugin, 8 + 4 * sizeof(void *));
OFFSET(mesh_carrier_plugin, submit, 8);
SIZE(mesh_carrier_host, 8 + 2 * sizeof(void *));
OFFSET(mesh_carrier_host, report, 8);
SIZE(mesh_session_host, 8 + 4 * sizeof(void *));
OFFSET(mesh_session_host, node, 8);
SIZE(mesh_session_plugin, 8 + 3 * sizeof(void *));
OFFSET(mesh_session_plugin, message, 8);

SIZE(mesh_command, 40);
OFFSET(mesh_command, group, 8);
OFFSET(mesh_command, name, 16);
OFFSET(mesh_command, arguments, 24);
OFFSET(mesh_command, help, 32);

SIZE(mesh_command_call, 48);
OFFSET(mesh_command_call, token, 8);
OFFSET(mesh_command_call, group, 16);
OFFSET(mesh_command_call, name, 24);
OFFSET(mesh_command_call, arguments, 32);
OFFSET(mesh_command_call, count, 40);

SIZE(mesh_command_plugin, 32);
OFFSET(mesh_command_plugin, describe, 8);
OFFSET(mesh_command_plugin, run, 16);
OFFSET(mesh_command_plugin, cancel, 24);
SIZE(mesh_command_host, 24);
OFFSET(mesh_command_host, write, 8);
OFFSET(mesh_command_host, done, 16);

SIZE(mesh_stream_event, 32);
OFFSET(mesh_stream_event, kind, 4);
OFFSET(mesh_stream_event, link, 8);
OFFSET(mesh_stream_event, stream, 16);
OFFSET(mesh_stream_event, code, 20);
OFFSET(mesh_stream_event, tclass, 24);
SIZE(mesh_stream_options, 16);
OFFSET(mesh_stream_options, tclass, 8);
SIZE(mesh_stream_plugin, 8 + 2 * sizeof(void *));
OFFSET(mesh_stream_plugin, open, 8);
OFFSET(mesh_stream_plugin, close, 8 + sizeof(void *));
SIZE(mesh_stream_host, 8 + 2 * sizeof(void *));
OFFSET(mesh_stream_host, event, 8);
OFFSET(mesh_stream_host, credit, 8 + sizeof(void *));
