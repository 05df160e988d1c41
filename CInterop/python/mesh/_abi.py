# SPDX-License-Identifier: Apache-2.0
"""libmesh as its header declares it: structs, functions, and the library that is loaded."""
from __future__ import annotations

import ctypes
import os
from ctypes import (CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_int, c_int32, c_size_t, c_uint8, c_uint16,
                    c_uint32, c_uint64, c_void_p)
from typing import Any


class Slice(Structure):
    _fields_ = [("data", c_void_p), ("len", c_size_t)]


class OpenOptions(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("home", c_uint32), ("log_level", c_uint32),
                ("config_file", c_char_p), ("config_text", c_char_p), ("folder", c_char_p), ("socket", c_char_p),
                ("application", c_char_p), ("event_bytes", c_uint32), ("call_timeout_ms", c_uint32),
                ("reserved", c_uint64 * 4)]


class RawEvent(Structure):
    _fields_ = [("kind", c_uint32), ("code", c_int32), ("id", c_uint64), ("token", c_uint64), ("peer", c_uint64),
                ("data", c_void_p), ("meta", c_void_p), ("value", c_uint64), ("len", c_uint32),
                ("meta_len", c_uint16), ("flags", c_uint16)]


class RawPeerInfo(Structure):
    _fields_ = [("size", c_uint32), ("connected", c_uint32), ("id", c_uint8 * 32), ("name", c_char * 72),
                ("alias", c_char * 64), ("transport", c_char * 32), ("rtt_us", c_uint64), ("links", c_uint64),
                ("bytes_sent", c_uint64), ("bytes_received", c_uint64)]


class ServeOptions(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("token", c_uint64), ("window", c_uint64)]


class SendOptions(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("tclass", c_uint32), ("metadata_len", c_uint32),
                ("metadata", c_char_p), ("key", c_char_p), ("lifetime_ms", c_uint64), ("token", c_uint64)]


class Buffer(Structure):
    _fields_ = [("id", c_uint64), ("data", c_void_p), ("capacity", c_uint32), ("reserved", c_uint32)]


Callback = CFUNCTYPE(None, c_void_p, c_void_p, POINTER(RawEvent))

_message = [c_void_p, c_uint64, c_char_p, POINTER(Slice), c_uint32, POINTER(SendOptions), POINTER(c_uint64)]
_text = [c_char_p, c_size_t, POINTER(c_size_t)]

#: Result and arguments of each function, in the header's order.
FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "mesh_version": (c_uint32, []),
    "mesh_version_text": (c_char_p, []),
    "mesh_open_options_default": (None, [POINTER(OpenOptions)]),
    "mesh_open": (c_int32, [POINTER(OpenOptions), POINTER(c_void_p)]),
    "mesh_close": (c_int32, [c_void_p, c_uint32]),
    "mesh_error_name": (c_char_p, [c_int32]),
    "mesh_error_text": (c_char_p, [c_int32]),
    "mesh_error_flags": (c_uint32, [c_int32]),
    "mesh_last_error": (c_char_p, []),
    "mesh_fd": (c_int, [c_void_p]),
    "mesh_events": (c_int32, [c_void_p, POINTER(RawEvent), c_uint32]),
    "mesh_wait": (c_int32, [c_void_p, c_int32]),
    "mesh_wake": (c_int32, [c_void_p]),
    "mesh_dispatch": (c_int32, [c_void_p, c_uint32, Callback, c_void_p]),
    "mesh_keep": (c_int32, [c_void_p, POINTER(RawEvent), POINTER(c_uint64)]),
    "mesh_release": (c_int32, [c_void_p, c_uint64]),
    "mesh_id": (c_int32, [c_void_p, c_void_p]),
    "mesh_name_encode": (c_int32, [c_void_p, c_char_p, c_size_t]),
    "mesh_name_decode": (c_int32, [c_char_p, c_void_p]),
    "mesh_identity_generate": (c_int32, [c_char_p, c_void_p]),
    "mesh_identity_load": (c_int32, [c_char_p, c_void_p]),
    "mesh_sign": (c_int32, [c_void_p, c_void_p, c_size_t, c_void_p]),
    "mesh_verify": (c_int32, [c_void_p, c_void_p, c_size_t, c_void_p]),
    "mesh_invite": (c_int32, [c_void_p] + _text),
    "mesh_peer_find": (c_int32, [c_void_p, c_char_p, POINTER(c_uint64)]),
    "mesh_peer_add": (c_int32, [c_void_p, c_char_p, c_char_p, POINTER(c_uint64)]),
    "mesh_peer_remove": (c_int32, [c_void_p, c_uint64]),
    "mesh_peer_info_get": (c_int32, [c_void_p, c_uint64, POINTER(RawPeerInfo)]),
    "mesh_peers": (c_int32, [c_void_p, POINTER(c_uint64), c_uint32, POINTER(c_uint32)]),
    "mesh_connect": (c_int32, [c_void_p, c_uint64]),
    "mesh_why": (c_int32, [c_void_p, c_uint64] + _text),
    "mesh_serve_options_default": (None, [POINTER(ServeOptions)]),
    "mesh_serve": (c_int32, [c_void_p, c_char_p, POINTER(ServeOptions)]),
    "mesh_unserve": (c_int32, [c_void_p, c_char_p]),
    "mesh_send_options_default": (None, [POINTER(SendOptions)]),
    "mesh_send": (c_int32, _message),
    "mesh_buffer_get": (c_int32, [c_void_p, c_uint32, POINTER(Buffer)]),
    "mesh_buffer_release": (c_int32, [c_void_p, c_uint64]),
    "mesh_send_buffer": (c_int32, [c_void_p, c_uint64, c_char_p, c_uint64, c_uint32,
                                   POINTER(SendOptions), POINTER(c_uint64)]),
    "mesh_cancel": (c_int32, [c_void_p, c_uint64]),
    "mesh_broadcast": (c_int32, [c_void_p, c_char_p, POINTER(Slice), c_uint32, POINTER(SendOptions)]),
    "mesh_stream_open": (c_int32, [c_void_p, c_uint64, c_char_p, POINTER(SendOptions), POINTER(c_uint64)]),
    "mesh_stream_write": (c_int32, [c_void_p, c_uint64, POINTER(Slice), c_uint32]),
    "mesh_stream_finish": (c_int32, [c_void_p, c_uint64]),
    "mesh_stream_reset": (c_int32, [c_void_p, c_uint64, c_uint64]),
    "mesh_request": (c_int32, _message),
    "mesh_reply": (c_int32, [c_void_p, c_uint64, POINTER(Slice), c_uint32, c_uint32]),
    "mesh_refuse": (c_int32, [c_void_p, c_uint64, c_uint64, c_char_p]),
    "mesh_hint": (c_int32, [c_void_p, c_uint32, c_uint64]),
    "mesh_metrics": (c_int32, [c_void_p] + _text),
    "mesh_status": (c_int32, [c_void_p] + _text),
    "mesh_api": (c_void_p, [c_uint32]),
}


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(os.environ.get("LIBMESH_PATH", "libmesh.so.1"))
    for name, (result, arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


#: The library: the file that LIBMESH_PATH names, else what the dynamic linker finds.
library: Any = _load()
