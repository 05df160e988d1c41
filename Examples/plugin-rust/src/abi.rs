// SPDX-License-Identifier: Apache-2.0
//! mesh_plugin.h by hand: the parts that this plugin uses, with the layout of all of them asserted.

use std::mem::size_of;
use std::os::raw::{c_char, c_void};

pub const ABI_MINOR: u32 = 0;
pub const DEADLINE_NONE: u64 = u64::MAX;

pub const OK: i32 = 0;
pub const E_INVALID: i32 = -1;
pub const E_FLAG: i32 = -2;
pub const E_STALE: i32 = -5;
pub const E_ADDRESS: i32 = -8;
pub const E_REFUSED: i32 = -9;
pub const E_TIMEOUT: i32 = -10;
pub const E_CLOSED: i32 = -12;
pub const E_RESET: i32 = -13;
pub const E_PROTOCOL: i32 = -15;
pub const E_EXISTS: i32 = -18;
pub const E_LIMIT: i32 = -20;
pub const E_MTU: i32 = -21;
pub const E_IO: i32 = -23;
pub const E_CANCELLED: i32 = -24;
pub const E_VERSION: i32 = -25;

pub const CLASS_NONE: u32 = 0;
pub const CLASS_TRANSIENT: u32 = 1;
pub const CLASS_PEER: u32 = 2;
pub const CLASS_CONFIG: u32 = 4;
pub const CLASS_RESOURCE: u32 = 5;

pub const CAP_RELIABLE: u32 = 1;
pub const CAP_ORDERED: u32 = 2;
pub const BUF_SEGMENTED: u16 = 1;
pub const DISCONNECT_ABORT: u32 = 1;
pub const READY_FD: u32 = 1;
pub const WATCH_READ: u32 = 1;
pub const WATCH_WRITE: u32 = 2;

pub const EVENT_STARTED: u32 = 1;
pub const EVENT_STOPPED: u32 = 3;
pub const EVENT_LISTENING: u32 = 4;
pub const EVENT_LISTEN_FAILED: u32 = 5;
pub const EVENT_INCOMING: u32 = 6;
pub const EVENT_UP: u32 = 7;
pub const EVENT_FAILED: u32 = 8;
pub const EVENT_DOWN: u32 = 9;

/// `mesh_buf`: one buffer, owned by host, plugin or pool.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Buf {
    pub data: *mut u8,
    pub link: u64,
    pub owner: u64,
    pub cookie: u64,
    pub off: u32,
    pub len: u32,
    pub cap: u32,
    pub time_us: u32,
    pub stream: u32,
    pub status: i32,
    pub segment: u16,
    pub flags: u16,
    pub tclass: u8,
    pub ecn: u8,
    pub reserved: u16,
}

/// `mesh_caps`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Caps {
    pub size: u32,
    pub flags: u32,
    pub mtu: u32,
    pub headroom: u32,
    pub tailroom: u32,
    pub max_batch: u32,
    pub max_segments: u32,
    pub lanes: u32,
    pub bitrate: u64,
    pub rtt_us: u32,
    pub hops: u32,
    pub energy: u32,
    pub horizon_s: u32,
}

/// `mesh_link_event`.
#[repr(C)]
pub struct Event {
    pub kind: u32,
    pub code: i32,
    pub link: u64,
    pub listener: u64,
    pub token: u64,
    pub data: *const c_void,
    pub extra: *const c_void,
    pub data_len: u32,
    pub extra_len: u32,
    pub fclass: u32,
    pub reserved: u32,
}

/// `mesh_ready`.
#[repr(C)]
pub struct Ready {
    pub kind: u32,
    pub mask: u32,
    pub token: u64,
    pub fd: i32,
    pub status: i32,
    pub data: *const c_void,
    pub data_len: u32,
    pub reserved0: u32,
    pub reserved: [u64; 3],
}

/// `mesh_plugin_info`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PluginInfo {
    pub size: u32,
    pub scheme_count: u32,
    pub id: *const c_char,
    pub version: *const c_char,
    pub licence: *const c_char,
    pub summary: *const c_char,
    pub schemes: *const *const c_char,
    pub options: *const c_void,
    pub option_count: u32,
    pub secret_count: u32,
    pub secrets: *const *const c_char,
    pub caps: Caps,
}

/// `mesh_listen_options`.
#[repr(C)]
pub struct ListenOptions {
    pub size: u32,
    pub flags: u32,
    pub fd: i32,
    pub reserved: u32,
}

/// `mesh_connect_options`.
#[repr(C)]
pub struct ConnectOptions {
    pub size: u32,
    pub flags: u32,
    pub deadline_ns: u64,
}

/// `mesh_host`: opaque.
#[repr(C)]
pub struct RawHost {
    _private: [u8; 0],
}

type Unused = Option<unsafe extern "C" fn()>;

/// `mesh_host_api`. Functions that this plugin never calls stand as `Unused`.
#[repr(C)]
pub struct HostApi {
    pub size: u32,
    pub abi_minor: u32,
    pub log: Unused,
    pub post: Unused,
    pub now: Option<unsafe extern "C" fn(*mut RawHost) -> u64>,
    pub watch: Option<unsafe extern "C" fn(*mut RawHost, i32, u32, u64) -> i32>,
    pub unwatch: Option<unsafe extern "C" fn(*mut RawHost, i32) -> i32>,
    pub deadline: Option<unsafe extern "C" fn(*mut RawHost, u64) -> i32>,
    pub buffer_get: Option<unsafe extern "C" fn(*mut RawHost, *mut Buf, u32, u32) -> i32>,
    pub buffer_put: Option<unsafe extern "C" fn(*mut RawHost, *mut Buf, u32) -> i32>,
    pub deliver: Option<unsafe extern "C" fn(*mut RawHost, *mut Buf, u32) -> i32>,
    pub transmit_done: Option<unsafe extern "C" fn(*mut RawHost, *mut Buf, u32) -> i32>,
    pub credit: Option<unsafe extern "C" fn(*mut RawHost, u64, u32, u64) -> i32>,
    pub link_event: Option<unsafe extern "C" fn(*mut RawHost, *mut Event, u32) -> i32>,
    pub offload: Unused,
    pub store_get: Unused,
    pub store_put: Unused,
    pub store_delete: Unused,
    pub extension: Unused,
}

/// `mesh_plugin_api`. Functions that this plugin does not have stand as `Unused`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PluginApi {
    pub size: u32,
    pub abi_minor: u32,
    pub describe: Option<unsafe extern "C" fn(*mut PluginInfo) -> i32>,
    pub create: Option<unsafe extern "C" fn(*mut RawHost, *const c_void, *mut *mut c_void) -> i32>,
    pub configure: Unused,
    pub start: Option<unsafe extern "C" fn(*mut c_void) -> i32>,
    pub stop: Option<unsafe extern "C" fn(*mut c_void, u64) -> i32>,
    pub destroy: Option<unsafe extern "C" fn(*mut c_void)>,
    pub listen: Option<unsafe extern "C" fn(*mut c_void, u64, *const u8, usize, *const ListenOptions) -> i32>,
    pub unlisten: Option<unsafe extern "C" fn(*mut c_void, u64) -> i32>,
    pub connect: Option<unsafe extern "C" fn(*mut c_void, u64, *const u8, usize, *const ConnectOptions) -> i32>,
    pub disconnect: Option<unsafe extern "C" fn(*mut c_void, u64, u32) -> i32>,
    pub on_ready: Option<unsafe extern "C" fn(*mut c_void, *const Ready, u32, u64) -> u64>,
    pub transmit: Option<unsafe extern "C" fn(*mut c_void, *mut Buf, u32) -> i32>,
    pub stats: Unused,
    pub extension: Unused,
}

// The same figures as the assertions beside the C header: 64-bit machines.
const _: () = {
    assert!(size_of::<Buf>() == 64);
    assert!(size_of::<Caps>() == 56);
    assert!(size_of::<Event>() == 64);
    assert!(size_of::<Ready>() == 64);
    assert!(size_of::<PluginInfo>() == 128);
    assert!(size_of::<ListenOptions>() == 16);
    assert!(size_of::<ConnectOptions>() == 16);
    assert!(size_of::<HostApi>() == 8 + 17 * size_of::<usize>());
    assert!(size_of::<PluginApi>() == 8 + 14 * size_of::<usize>());
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::MaybeUninit;
    use std::ptr::addr_of;

    macro_rules! offset {
        ($type:ty, $member:ident) => {{
            let value = MaybeUninit::<$type>::uninit();
            // SAFETY: only addresses are taken.
            unsafe { addr_of!((*value.as_ptr()).$member) as usize - value.as_ptr() as usize }
        }};
    }

    #[test]
    fn members_stand_where_the_header_has_them() {
        assert_eq!((offset!(Buf, off), offset!(Buf, status), offset!(Buf, tclass)), (32, 52, 60));
        assert_eq!((offset!(Event, data), offset!(Event, data_len), offset!(Event, fclass)), (32, 48, 56));
        assert_eq!((offset!(Ready, fd), offset!(Ready, data)), (16, 24));
        assert_eq!((offset!(PluginInfo, options), offset!(PluginInfo, caps)), (48, 72));
        assert_eq!((offset!(ListenOptions, fd), offset!(ConnectOptions, deadline_ns)), (8, 8));
    }
}
