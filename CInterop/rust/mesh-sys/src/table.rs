// SPDX-License-Identifier: Apache-2.0
//! The same functions as a table, for programs that load the library while they run.

use std::os::raw::{c_char, c_int, c_void};

use crate::types::*;

/// What [`crate::mesh_api`] answers for major version 1. Use a member only if it lies within `size`.
#[repr(C)]
#[derive(Debug)]
pub struct mesh_api_1 {
    /// Bytes of this table in the library that was loaded.
    pub size: u32,
    /// The library's version, as [`crate::mesh_version`] tells it.
    pub version: u32,
    /// See [`crate::mesh_version_text`].
    pub version_text: Option<unsafe extern "C" fn() -> *const c_char>,
    /// See [`crate::mesh_open_options_default`].
    pub open_options_default: Option<unsafe extern "C" fn(options: *mut mesh_open_options)>,
    /// See [`crate::mesh_open`].
    pub open: Option<unsafe extern "C" fn(options: *const mesh_open_options, handle: *mut *mut mesh_handle) -> i32>,
    /// See [`crate::mesh_close`].
    pub close: Option<unsafe extern "C" fn(handle: *mut mesh_handle, drain_ms: u32) -> i32>,
    /// See [`crate::mesh_error_name`].
    pub error_name: Option<unsafe extern "C" fn(code: i32) -> *const c_char>,
    /// See [`crate::mesh_error_text`].
    pub error_text: Option<unsafe extern "C" fn(code: i32) -> *const c_char>,
    /// See [`crate::mesh_error_flags`].
    pub error_flags: Option<unsafe extern "C" fn(code: i32) -> u32>,
    /// See [`crate::mesh_last_error`].
    pub last_error: Option<unsafe extern "C" fn() -> *const c_char>,
    /// See [`crate::mesh_fd`].
    pub fd: Option<unsafe extern "C" fn(handle: *mut mesh_handle) -> c_int>,
    /// See [`crate::mesh_events`].
    pub events: Option<unsafe extern "C" fn(handle: *mut mesh_handle, events: *mut mesh_event, n: u32) -> i32>,
    /// See [`crate::mesh_wait`].
    pub wait: Option<unsafe extern "C" fn(handle: *mut mesh_handle, timeout_ms: i32) -> i32>,
    /// See [`crate::mesh_wake`].
    pub wake: Option<unsafe extern "C" fn(handle: *mut mesh_handle) -> i32>,
    /// See [`crate::mesh_dispatch`].
    pub dispatch: Option<
        unsafe extern "C" fn(handle: *mut mesh_handle, n: u32, callback: mesh_callback, context: *mut c_void) -> i32,
    >,
    /// See [`crate::mesh_keep`].
    pub keep: Option<unsafe extern "C" fn(handle: *mut mesh_handle, event: *const mesh_event, kept: *mut u64) -> i32>,
    /// See [`crate::mesh_release`].
    pub release: Option<unsafe extern "C" fn(handle: *mut mesh_handle, kept: u64) -> i32>,
    /// See [`crate::mesh_id`].
    pub id: Option<unsafe extern "C" fn(handle: *mut mesh_handle, id: *mut u8) -> i32>,
    /// See [`crate::mesh_name_encode`].
    pub name_encode: Option<unsafe extern "C" fn(id: *const u8, text: *mut c_char, size: usize) -> i32>,
    /// See [`crate::mesh_name_decode`].
    pub name_decode: Option<unsafe extern "C" fn(text: *const c_char, id: *mut u8) -> i32>,
    /// See [`crate::mesh_identity_generate`].
    pub identity_generate: Option<unsafe extern "C" fn(path: *const c_char, id: *mut u8) -> i32>,
    /// See [`crate::mesh_identity_load`].
    pub identity_load: Option<unsafe extern "C" fn(path: *const c_char, id: *mut u8) -> i32>,
    /// See [`crate::mesh_sign`].
    pub sign: Option<
        unsafe extern "C" fn(handle: *mut mesh_handle, data: *const c_void, len: usize, signature: *mut u8) -> i32,
    >,
    /// See [`crate::mesh_verify`].
    pub verify:
        Option<unsafe extern "C" fn(id: *const u8, data: *const c_void, len: usize, signature: *const u8) -> i32>,
    /// See [`crate::mesh_invite`].
    pub invite: Option<
        unsafe extern "C" fn(handle: *mut mesh_handle, text: *mut c_char, size: usize, needed: *mut usize) -> i32,
    >,
    /// See [`crate::mesh_peer_find`].
    pub peer_find: Option<unsafe extern "C" fn(handle: *mut mesh_handle, name: *const c_char, peer: *mut u64) -> i32>,
    /// See [`crate::mesh_peer_add`].
    pub peer_add: Option<
        unsafe extern "C" fn(
            handle: *mut mesh_handle,
            invitation: *const c_char,
            alias: *const c_char,
            peer: *mut u64,
        ) -> i32,
    >,
    /// See [`crate::mesh_peer_remove`].
    pub peer_remove: Option<unsafe extern "C" fn(handle: *mut mesh_handle, peer: u64) -> i32>,
    /// See [`crate::mesh_peer_info_get`].
    pub peer_info_get:
        Option<unsafe extern "C" fn(handle: *mut mesh_handle, peer: u64, info: *mut mesh_peer_info) -> i32>,
    /// See [`crate::mesh_peers`].
    pub peers: Option<unsafe extern "C" fn(handle: *mut mesh_handle, peers: *mut u64, n: u32, total: *mut u32) -> i32>,
    /// See [`crate::mesh_connect`].
    pub connect: Option<unsafe extern "C" fn(handle: *mut mesh_handle, peer: u64) -> i32>,
    /// See [`crate::mesh_why`].
    pub why: Option<
        unsafe extern "C" fn(
            handle: *mut mesh_handle,
            peer: u64,
            text: *mut c_char,
            size: usize,
            needed: *mut usize,
        ) -> i32,
    >,
    /// See [`crate::mesh_serve_options_default`].
    pub serve_options_default: Option<unsafe extern "C" fn(options: *mut mesh_serve_options)>,
    /// See [`crate::mesh_serve`].
    pub serve: Option<
        unsafe extern "C" fn(
            handle: *mut mesh_handle,
            protocol: *const c_char,
            options: *const mesh_serve_options,
        ) -> i32,
    >,
    /// See [`crate::mesh_unserve`].
    pub unserve: Option<unsafe extern "C" fn(handle: *mut mesh_handle, protocol: *const c_char) -> i32>,
    /// See [`crate::mesh_send_options_default`].
    pub send_options_default: Option<unsafe extern "C" fn(options: *mut mesh_send_options)>,
    /// See [`crate::mesh_send`].
    pub send: Option<
        unsafe extern "C" fn(
            handle: *mut mesh_handle,
            peer: u64,
            protocol: *const c_char,
            slices: *const mesh_slice,
            n: u32,
            options: *const mesh_send_options,
            message: *mut u64,
        ) -> i32,
    >,
    /// See [`crate::mesh_buffer_get`].
    pub buffer_get: Option<unsafe extern "C" fn(handle: *mut mesh_handle, size: u32, buffer: *mut mesh_buffer) -> i32>,
    /// See [`crate::mesh_buffer_release`].
    pub buffer_release: Option<unsafe extern "C" fn(handle: *mut mesh_handle, buffer: u64) -> i32>,
    /// See [`crate::mesh_send_buffer`].
    pub send_buffer: Option<
        unsafe extern "C" fn(
            handle: *mut mesh_handle,
            peer: u64,
            protocol: *const c_char,
            buffer: u64,
            len: u32,
            options: *const mesh_send_options,
            message: *mut u64,
        ) -> i32,
    >,
    /// See [`crate::mesh_cancel`].
    pub cancel: Option<unsafe extern "C" fn(handle: *mut mesh_handle, id: u64) -> i32>,
    /// See [`crate::mesh_broadcast`].
    pub broadcast: Option<
        unsafe extern "C" fn(
            handle: *mut mesh_handle,
            protocol: *const c_char,
            slices: *const mesh_slice,
            n: u32,
            options: *const mesh_send_options,
        ) -> i32,
    >,
    /// See [`crate::mesh_stream_open`].
    pub stream_open: Option<
        unsafe extern "C" fn(
            handle: *mut mesh_handle,
            peer: u64,
            protocol: *const c_char,
            options: *const mesh_send_options,
            stream: *mut u64,
        ) -> i32,
    >,
    /// See [`crate::mesh_stream_write`].
    pub stream_write:
        Option<unsafe extern "C" fn(handle: *mut mesh_handle, stream: u64, slices: *const mesh_slice, n: u32) -> i32>,
    /// See [`crate::mesh_stream_finish`].
    pub stream_finish: Option<unsafe extern "C" fn(handle: *mut mesh_handle, stream: u64) -> i32>,
    /// See [`crate::mesh_stream_reset`].
    pub stream_reset: Option<unsafe extern "C" fn(handle: *mut mesh_handle, stream: u64, code: u64) -> i32>,
    /// See [`crate::mesh_request`].
    pub request: Option<
        unsafe extern "C" fn(
            handle: *mut mesh_handle,
            peer: u64,
            protocol: *const c_char,
            slices: *const mesh_slice,
            n: u32,
            options: *const mesh_send_options,
            request: *mut u64,
        ) -> i32,
    >,
    /// See [`crate::mesh_reply`].
    pub reply: Option<
        unsafe extern "C" fn(
            handle: *mut mesh_handle,
            request: u64,
            slices: *const mesh_slice,
            n: u32,
            flags: u32,
        ) -> i32,
    >,
    /// See [`crate::mesh_refuse`].
    pub refuse:
        Option<unsafe extern "C" fn(handle: *mut mesh_handle, request: u64, code: u64, sentence: *const c_char) -> i32>,
    /// See [`crate::mesh_hint`].
    pub hint: Option<unsafe extern "C" fn(handle: *mut mesh_handle, hint: u32, value: u64) -> i32>,
    /// See [`crate::mesh_metrics`].
    pub metrics: Option<
        unsafe extern "C" fn(handle: *mut mesh_handle, text: *mut c_char, size: usize, needed: *mut usize) -> i32,
    >,
    /// See [`crate::mesh_status`].
    pub status: Option<
        unsafe extern "C" fn(handle: *mut mesh_handle, text: *mut c_char, size: usize, needed: *mut usize) -> i32,
    >,
}
