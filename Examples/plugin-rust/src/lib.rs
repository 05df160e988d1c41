// SPDX-License-Identifier: Apache-2.0
//! mesh_loopback: links between nodes of one machine, by a name: `loopback:NAME`. The same transport as in
//! Examples/plugin-c; docs/plugin-author/tutorial-rust.md builds it step by step.

mod abi;
mod host;
mod instance;
mod socket;

use abi::*;
use host::{Host, TABLE};
use instance::{Instance, MTU};
use std::mem::size_of;
use std::os::raw::{c_char, c_void};
use std::sync::atomic::Ordering;

/// The ELF note: lets a listing tell what this file is without running any of it.
#[repr(C, align(4))]
struct Note {
    owner_len: u32,
    text_len: u32,
    kind: u32,
    owner: [u8; 8],
    text: [u8; NOTE_TEXT.len()],
}

const NOTE_TEXT: &[u8; 52] = b"id=loopback\nversion=1.0.0\nabi=1.0\nschemes=loopback\n\0";

#[used]
#[link_section = ".note.mesh"]
static NOTE: Note =
    Note { owner_len: 5, text_len: NOTE_TEXT.len() as u32 - 1, kind: 1, owner: *b"mesh\0\0\0\0", text: *NOTE_TEXT };

/// Static text with its zero byte, as the host wants it.
macro_rules! text {
    ($text:literal) => {
        concat!($text, "\0").as_ptr() as *const c_char
    };
}

/// Pointers to static memory may be shared between threads.
struct Shared<T>(T);
// SAFETY: nothing of it is ever changed.
unsafe impl<T> Sync for Shared<T> {}

static SCHEMES: Shared<[*const c_char; 1]> = Shared([text!("loopback")]);

static INFO: Shared<PluginInfo> = Shared(PluginInfo {
    size: size_of::<PluginInfo>() as u32,
    scheme_count: 1,
    id: text!("loopback"),
    version: text!("1.0.0"),
    licence: text!("Apache-2.0"),
    summary: text!("Links between nodes of one machine, by a name."),
    schemes: SCHEMES.0.as_ptr(),
    options: std::ptr::null(),
    option_count: 0,
    secret_count: 0,
    secrets: std::ptr::null(),
    caps: Caps {
        size: size_of::<Caps>() as u32,
        flags: CAP_RELIABLE | CAP_ORDERED,
        mtu: MTU,
        headroom: 0,
        tailroom: 0,
        max_batch: 0,
        max_segments: 0,
        lanes: 1,
        bitrate: 0,
        rtt_us: 50,
        hops: 0,
        energy: 0,
        horizon_s: 0,
    },
});

static API: PluginApi = PluginApi {
    size: size_of::<PluginApi>() as u32,
    abi_minor: ABI_MINOR,
    describe: Some(describe),
    create: Some(create),
    configure: None,
    start: Some(start),
    stop: Some(stop),
    destroy: Some(destroy),
    listen: Some(listen),
    unlisten: Some(unlisten),
    connect: Some(connect),
    disconnect: Some(disconnect),
    on_ready: Some(on_ready),
    transmit: Some(transmit),
    stats: None,
    extension: None,
};

/// Copies the part of a table that the other side has room for, and says how much that was.
unsafe fn copy_sized<T>(from: &T, to: *mut T, room: u32) {
    let size = room.min(size_of::<T>() as u32);
    std::ptr::copy_nonoverlapping(from as *const T as *const u8, to as *mut u8, size as usize);
    *(to as *mut u32) = size;
}

/// The one symbol that this library exports.
///
/// # Safety
/// As mesh_plugin.h says: a host calls it with tables of the sizes that they name.
#[no_mangle]
pub unsafe extern "C" fn mesh_plugin_entry_v1(host: *const HostApi, out: *mut PluginApi) -> i32 {
    if (*host).size < size_of::<HostApi>() as u32 {
        return E_VERSION;
    }
    copy_sized(&API, out, (*out).size);
    TABLE.store(host as *mut HostApi, Ordering::Release);
    OK
}

unsafe extern "C" fn describe(info: *mut PluginInfo) -> i32 {
    copy_sized(&INFO.0, info, (*info).size);
    OK
}

unsafe extern "C" fn create(host: *mut RawHost, _options: *const c_void, out: *mut *mut c_void) -> i32 {
    *out = std::ptr::null_mut();
    match Host::new(host) {
        Some(host) => *out = Box::into_raw(Box::new(Instance::new(host))) as *mut c_void,
        None => return E_VERSION,
    }
    OK
}

/// The instance behind the host's word. The host never calls from inside a call of ours, so it is the only reference.
unsafe fn instance<'a>(ctx: *mut c_void) -> &'a mut Instance {
    &mut *(ctx as *mut Instance)
}

/// A slice of the host's, which may be empty without a pointer.
unsafe fn slice<'a, T>(start: *const T, count: u32) -> &'a [T] {
    if count == 0 {
        &[]
    } else {
        std::slice::from_raw_parts(start, count as usize)
    }
}

unsafe extern "C" fn start(ctx: *mut c_void) -> i32 {
    instance(ctx).start();
    OK
}

unsafe extern "C" fn stop(ctx: *mut c_void, deadline: u64) -> i32 {
    instance(ctx).stop(deadline);
    OK
}

unsafe extern "C" fn destroy(ctx: *mut c_void) {
    drop(Box::from_raw(ctx as *mut Instance));
}

unsafe extern "C" fn listen(
    ctx: *mut c_void,
    id: u64,
    address: *const u8,
    len: usize,
    options: *const ListenOptions,
) -> i32 {
    if (*options).flags != 0 {
        return E_FLAG;
    }
    match socket::parse(slice(address, len as u32)) {
        Some(name) => instance(ctx).listen(id, name, (*options).fd),
        None => return E_ADDRESS,
    }
    OK
}

unsafe extern "C" fn unlisten(ctx: *mut c_void, id: u64) -> i32 {
    instance(ctx).unlisten(id)
}

unsafe extern "C" fn connect(
    ctx: *mut c_void,
    id: u64,
    address: *const u8,
    len: usize,
    options: *const ConnectOptions,
) -> i32 {
    if (*options).flags != 0 {
        return E_FLAG;
    }
    match socket::parse(slice(address, len as u32)) {
        Some(name) => instance(ctx).connect(id, name, (*options).deadline_ns),
        None => return E_ADDRESS,
    }
    OK
}

unsafe extern "C" fn disconnect(ctx: *mut c_void, id: u64, mode: u32) -> i32 {
    instance(ctx).disconnect(id, mode)
}

unsafe extern "C" fn on_ready(ctx: *mut c_void, ready: *const Ready, n: u32, now: u64) -> u64 {
    instance(ctx).ready(slice(ready, n), now)
}

unsafe extern "C" fn transmit(ctx: *mut c_void, bufs: *mut Buf, n: u32) -> i32 {
    if n > 0 {
        instance(ctx).transmit(std::slice::from_raw_parts_mut(bufs, n as usize));
    }
    OK
}
