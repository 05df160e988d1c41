#include <mesh/mesh.h>
uint32_t mesh_version(void){return 0;}
const char *mesh_version_text(void){return "x";}
void mesh_open_options_default(mesh_open_options *options){}
int32_t mesh_open(const mesh_open_options *options, mesh_handle **handle){return -7;}
int32_t mesh_close(mesh_handle *handle, uint32_t drain_ms){return -7;}
const char *mesh_error_name(int32_t code){return "x";}
const char *mesh_error_text(int32_t code){return "x";}
uint32_t mesh_error_flags(int32_t code){return -7;}
const char *mesh_last_error(void){return "x";}
int mesh_fd(mesh_handle *handle){return -7;}
int32_t mesh_events(mesh_handle *handle, mesh_event *events, uint32_t n){return -7;}
int32_t mesh_wait(mesh_handle *handle, int32_t timeout_ms){return -7;}
int32_t mesh_wake(mesh_handle *handle){return -7;}
int32_t mesh_dispatch(mesh_handle *handle, uint32_t n, mesh_callback callback, void *context){return -7;}
int32_t mesh_keep(mesh_handle *handle, const mesh_event *event, uint64_t *kept){return -7;}
int32_t mesh_release(mesh_handle *handle, uint64_t kept){return -7;}
int32_t mesh_id(mesh_handle *handle, uint8_t id[32]){return -7;}
int32_t mesh_name_encode(const uint8_t id[32], char *text, size_t size){return -7;}
int32_t mesh_name_decode(const char *text, uint8_t id[32]){return -7;}
int32_t mesh_identity_generate(const char *path, uint8_t id[32]){return -7;}
int32_t mesh_identity_load(const char *path, uint8_t id[32]){return -7;}
int32_t mesh_sign(mesh_handle *handle, const void *data, size_t len, uint8_t signature[64]){return -7;}
int32_t mesh_verify(const uint8_t id[32], const void *data, size_t len, const uint8_t signature[64]){return -7;}
int32_t mesh_invite(mesh_handle *handle, char *text, size_t size, size_t *needed){return -7;}
int32_t mesh_peer_find(mesh_handle *handle, const char *name, uint64_t *peer){return -7;}
int32_t mesh_peer_add(mesh_handle *handle, const char *invitation, const char *alias, uint64_t *peer){return -7;}
int32_t mesh_peer_remove(mesh_handle *handle, uint64_t peer){return -7;}
int32_t mesh_peer_info_get(mesh_handle *handle, uint64_t peer, mesh_peer_info *info){return -7;}
int32_t mesh_peers(mesh_handle *handle, uint64_t *peers, uint32_t n, uint32_t *total){return -7;}
int32_t mesh_connect(mesh_handle *handle, uint64_t peer){return -7;}
int32_t mesh_why(mesh_handle *handle, uint64_t peer, char *text, size_t size, size_t *needed){return -7;}
void mesh_serve_options_default(mesh_serve_options *options){}
int32_t mesh_serve(mesh_handle *handle, const char *protocol, const mesh_serve_options *options){return -7;}
int32_t mesh_unserve(mesh_handle *handle, const char *protocol){return -7;}
void mesh_send_options_default(mesh_send_options *options){}
int32_t mesh_send(mesh_handle *handle, uint64_t peer, const char *protocol, const mesh_slice *slices, uint32_t n, const mesh_send_options *options, uint64_t *message){return -7;}
int32_t mesh_buffer_get(mesh_handle *handle, uint32_t size, mesh_buffer *buffer){return -7;}
int32_t mesh_buffer_release(mesh_handle *handle, uint64_t buffer){return -7;}
int32_t mesh_send_buffer(mesh_handle *handle, uint64_t peer, const char *protocol, uint64_t buffer, uint32_t len, const mesh_send_options *options, uint64_t *message){return -7;}
int32_t mesh_cancel(mesh_handle *handle, uint64_t id){return -7;}
int32_t mesh_broadcast(mesh_handle *handle, const char *protocol, const mesh_slice *slices, uint32_t n, const mesh_send_options *options){return -7;}
int32_t mesh_stream_open(mesh_handle *handle, uint64_t peer, const char *protocol, const mesh_send_options *options, uint64_t *stream){return -7;}
int32_t mesh_stream_write(mesh_handle *handle, uint64_t stream, const mesh_slice *slices, uint32_t n){return -7;}
int32_t mesh_stream_finish(mesh_handle *handle, uint64_t stream){return -7;}
int32_t mesh_stream_reset(mesh_handle *handle, uint64_t stream, uint64_t code){return -7;}
int32_t mesh_request(mesh_handle *handle, uint64_t peer, const char *protocol, const mesh_slice *slices, uint32_t n, const mesh_send_options *options, uint64_t *request){return -7;}
int32_t mesh_reply(mesh_handle *handle, uint64_t request, const mesh_slice *slices, uint32_t n, uint32_t flags){return -7;}
int32_t mesh_refuse(mesh_handle *handle, uint64_t request, uint64_t code, const char *sentence){return -7;}
int32_t mesh_hint(mesh_handle *handle, uint32_t hint, uint64_t value){return -7;}
int32_t mesh_metrics(mesh_handle *handle, char *text, size_t size, size_t *needed){return -7;}
int32_t mesh_status(mesh_handle *handle, char *text, size_t size, size_t *needed){return -7;}
const mesh_api_1 *mesh_api(uint32_t major){return 0;}
