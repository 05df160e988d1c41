// SPDX-License-Identifier: Apache-2.0
//! The host as a safe value: every unsafe call into it is here.

use crate::abi::*;
use crate::socket::*;
use std::io;
use std::os::raw::c_void;
use std::os::unix::io::RawFd;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The one thing kept outside an instance: `create` gets no table, and the host's is static.
pub static TABLE: AtomicPtr<HostApi> = AtomicPtr::new(std::ptr::null_mut());

/// The host of one instance. Not `Send`: everything here belongs to the loop's thread.
#[derive(Clone, Copy)]
pub struct Host {
    raw: *mut RawHost,
    api: &'static HostApi,
}

macro_rules! call {
    ($host:expr, $function:ident $(, $argument:expr)*) => {
        // SAFETY: the entry has checked that the host has every function of 1.0; all pointers are lent for the call.
        unsafe { ($host.api.$function.unwrap_unchecked())($host.raw $(, $argument)*) }
    };
}

impl Host {
    /// None when the entry was not called before.
    pub fn new(raw: *mut RawHost) -> Option<Host> {
        // SAFETY: the entry stored a table that lives as long as the process.
        let api = unsafe { TABLE.load(Ordering::Acquire).as_ref() }?;
        Some(Host { raw, api })
    }

    pub fn now(&self) -> u64 {
        call!(self, now)
    }

    pub fn deadline(&self, at: u64) {
        call!(self, deadline, at);
    }

    pub fn watch(&self, fd: RawFd, mask: u32, token: u64) -> bool {
        call!(self, watch, fd, mask, token) == OK
    }

    pub fn unwatch(&self, fd: RawFd) {
        call!(self, unwatch, fd);
    }

    pub fn credit(&self, link: u64, frames: u32, bytes: u64) {
        call!(self, credit, link, frames, bytes);
    }

    /// Fills as many of `bufs` as the pool gives, and returns how many.
    pub fn take(&self, bufs: &mut [Buf], capacity: u32) -> usize {
        call!(self, buffer_get, bufs.as_mut_ptr(), bufs.len() as u32, capacity).max(0) as usize
    }

    pub fn put(&self, bufs: &mut [Buf]) {
        if !bufs.is_empty() {
            call!(self, buffer_put, bufs.as_mut_ptr(), bufs.len() as u32);
        }
    }

    pub fn deliver(&self, bufs: &mut [Buf]) {
        if !bufs.is_empty() {
            call!(self, deliver, bufs.as_mut_ptr(), bufs.len() as u32);
        }
    }

    /// Gives packets of one link back, each with its status, and grants again the credit that they used.
    pub fn give_back(&self, bufs: &mut [Buf]) {
        if let Some(first) = bufs.first() {
            let (link, bytes) = (first.link, bufs.iter().map(|buf| u64::from(buf.len)).sum());
            call!(self, transmit_done, bufs.as_mut_ptr(), bufs.len() as u32);
            self.credit(link, bufs.len() as u32, bytes);
        }
    }

    /// Sends one event about a listener or link; the text is an address or a sentence.
    pub fn tell(&self, kind: u32, id: u64, code: i32, text: &str) {
        let mut event = event(kind, text);
        event.code = code;
        event.fclass = usual_class(code);
        match kind {
            EVENT_LISTENING | EVENT_LISTEN_FAILED => event.listener = id,
            _ => event.link = id,
        }
        call!(self, link_event, &mut event, 1);
    }

    /// Asks the host to take a link that somebody opened; None when it refuses.
    pub fn incoming(&self, listener: u64, address: &str) -> Option<u64> {
        let mut event = event(EVENT_INCOMING, address);
        event.listener = listener;
        let status = call!(self, link_event, &mut event, 1);
        (status == OK && event.link != 0).then(|| event.link)
    }
}

fn event(kind: u32, text: &str) -> Event {
    Event {
        kind,
        code: OK,
        link: 0,
        listener: 0,
        token: 0,
        data: text.as_ptr() as *const c_void,
        extra: std::ptr::null(),
        data_len: text.len().min(4096) as u32,
        extra_len: 0,
        fclass: CLASS_NONE,
        reserved: 0,
    }
}

/// The code for what the operating system said.
pub fn code_of(error: &io::Error) -> i32 {
    match error.raw_os_error() {
        Some(ECONNREFUSED) => E_REFUSED,
        Some(ETIMEDOUT) => E_TIMEOUT,
        Some(ECONNRESET) => E_RESET,
        Some(EADDRINUSE) => E_EXISTS,
        Some(EPROTOTYPE) => E_ADDRESS,
        Some(EMFILE) | Some(ENFILE) | Some(ENOMEM) => E_LIMIT,
        _ => E_IO,
    }
}

/// The class that a failure with this code has.
fn usual_class(code: i32) -> u32 {
    match code {
        OK | E_CANCELLED => CLASS_NONE,
        E_CLOSED | E_RESET | E_PROTOCOL => CLASS_PEER,
        E_ADDRESS | E_EXISTS => CLASS_CONFIG,
        E_LIMIT => CLASS_RESOURCE,
        _ => CLASS_TRANSIENT,
    }
}
