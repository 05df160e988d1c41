// SPDX-License-Identifier: Apache-2.0

use std::mem::size_of;

use mesh_sys as sys;

/// What of a protocol is served. The default is messages, streams and requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServeOptions {
    flags: u32,
    token: u64,
    window: u64,
}

impl ServeOptions {
    /// Messages, streams and requests.
    pub fn new() -> Self {
        Self::default()
    }

    /// Messages, and of the others only what is named too.
    pub fn messages(self) -> Self {
        self.with(sys::MESH_SERVE_MESSAGES)
    }

    /// Streams, and of the others only what is named too.
    pub fn streams(self) -> Self {
        self.with(sys::MESH_SERVE_STREAMS)
    }

    /// Requests, and of the others only what is named too.
    pub fn requests(self) -> Self {
        self.with(sys::MESH_SERVE_REQUESTS)
    }

    /// A word of your own that comes back with events.
    pub fn token(mut self, token: u64) -> Self {
        self.token = token;
        self
    }

    /// Most messages and requests unreleased or unanswered at a time; without it 4096.
    pub fn window(mut self, window: u64) -> Self {
        self.window = window;
        self
    }

    fn with(mut self, flag: u32) -> Self {
        self.flags |= flag;
        self
    }

    pub(crate) fn raw(&self) -> sys::mesh_serve_options {
        let all = sys::MESH_SERVE_MESSAGES | sys::MESH_SERVE_STREAMS | sys::MESH_SERVE_REQUESTS;
        sys::mesh_serve_options {
            size: size_of::<sys::mesh_serve_options>() as u32,
            flags: if self.flags == 0 { all } else { self.flags },
            token: self.token,
            window: self.window,
        }
    }
}
