// SPDX-License-Identifier: Apache-2.0
//! Abstract Unix sockets of kind SOCK_SEQPACKET, which the standard library does not have: `loopback:NAME` is the
//! socket `mesh-loopback/NAME`. No file, no port, gone with its last descriptor, and one packet sent is one received.

use std::io::{Error, Result};
use std::os::raw::{c_int, c_void};
use std::os::unix::io::{AsRawFd, FromRawFd, OwnedFd, RawFd};

const AF_UNIX: c_int = 1;
const SOCK_SEQPACKET: c_int = 5;
const SOCK_FLAGS: c_int = 0o4000 | 0o2000000; // SOCK_NONBLOCK | SOCK_CLOEXEC
const SOL_SOCKET: c_int = 1;
const SO_TYPE: c_int = 3;
const SO_ACCEPTCONN: c_int = 30;
const F_SETFL: c_int = 4;
const O_NONBLOCK: c_int = 0o4000;
const MSG_TRUNC: c_int = 0x20;
const MSG_NOSIGNAL: c_int = 0x4000;

pub const EAGAIN: i32 = 11;
pub const ENOMEM: i32 = 12;
pub const ENFILE: i32 = 23;
pub const EMFILE: i32 = 24;
pub const EPROTOTYPE: i32 = 91;
pub const EADDRINUSE: i32 = 98;
pub const ECONNABORTED: i32 = 103;
pub const ECONNRESET: i32 = 104;
pub const ETIMEDOUT: i32 = 110;
pub const ECONNREFUSED: i32 = 111;

#[repr(C)]
struct SockaddrUn {
    family: u16,
    path: [u8; 108],
}

extern "C" {
    fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn bind(fd: c_int, name: *const SockaddrUn, size: u32) -> c_int;
    fn connect(fd: c_int, name: *const SockaddrUn, size: u32) -> c_int;
    #[link_name = "listen"]
    fn listen_on(fd: c_int, backlog: c_int) -> c_int;
    fn accept4(fd: c_int, name: *mut c_void, size: *mut u32, flags: c_int) -> c_int;
    #[link_name = "send"]
    fn send_bytes(fd: c_int, bytes: *const u8, len: usize, flags: c_int) -> isize;
    #[link_name = "recv"]
    fn recv_bytes(fd: c_int, bytes: *mut u8, len: usize, flags: c_int) -> isize;
    fn getsockopt(fd: c_int, level: c_int, name: c_int, value: *mut c_int, size: *mut u32) -> c_int;
    fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
}

/// The name behind `loopback:` if this is such an address.
pub fn parse(address: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(address).ok()?.strip_prefix("loopback:")?;
    (!name.is_empty() && name.len() <= 64 && !name.contains('\0')).then(|| name)
}

fn owned(fd: c_int) -> Result<OwnedFd> {
    if fd < 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: the call that gave it made it, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn open(name: &str) -> Result<(OwnedFd, SockaddrUn, u32)> {
    let mut address = SockaddrUn { family: AF_UNIX as u16, path: [0; 108] };
    let full = format!("\0mesh-loopback/{name}");
    address.path[..full.len()].copy_from_slice(full.as_bytes());
    // SAFETY: no pointers.
    let fd = owned(unsafe { socket(AF_UNIX, SOCK_SEQPACKET | SOCK_FLAGS, 0) })?;
    Ok((fd, address, 2 + full.len() as u32))
}

fn check(result: c_int) -> Result<()> {
    if result < 0 {
        Err(Error::last_os_error())
    } else {
        Ok(())
    }
}

/// A connected socket. EAGAIN: the listener's queue is full, and nothing will say when it is not.
pub fn dial(name: &str) -> Result<OwnedFd> {
    let (fd, address, size) = open(name)?;
    // SAFETY: `address` is a socket address of `size` bytes.
    check(unsafe { connect(fd.as_raw_fd(), &address, size) })?;
    Ok(fd)
}

/// A bound, listening socket.
pub fn listen(name: &str) -> Result<OwnedFd> {
    let (fd, address, size) = open(name)?;
    // SAFETY: as above.
    check(unsafe { bind(fd.as_raw_fd(), &address, size) })?;
    // SAFETY: no pointers.
    check(unsafe { listen_on(fd.as_raw_fd(), 64) })?;
    Ok(fd)
}

/// Takes a listening socket that was handed over: by the plugin that is being replaced, or by socket activation.
pub fn adopt(fd: RawFd) -> Result<OwnedFd> {
    // SAFETY: the host gives it away.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let (mut kind, mut listening, mut size) = (0, 0, 4u32);
    // SAFETY: both values are an int of four bytes.
    unsafe {
        check(getsockopt(fd.as_raw_fd(), SOL_SOCKET, SO_TYPE, &mut kind, &mut size))?;
        check(getsockopt(fd.as_raw_fd(), SOL_SOCKET, SO_ACCEPTCONN, &mut listening, &mut size))?;
        check(fcntl(fd.as_raw_fd(), F_SETFL, O_NONBLOCK))?;
    }
    if kind == SOCK_SEQPACKET && listening != 0 {
        Ok(fd)
    } else {
        Err(Error::from_raw_os_error(EPROTOTYPE))
    }
}

pub fn accept(listener: RawFd) -> Result<OwnedFd> {
    // SAFETY: the peer's address is not asked for.
    owned(unsafe { accept4(listener, std::ptr::null_mut(), std::ptr::null_mut(), SOCK_FLAGS) })
}

pub fn send(fd: RawFd, packet: &[u8]) -> Result<()> {
    // SAFETY: a slice.
    check(unsafe { send_bytes(fd, packet.as_ptr(), packet.len(), MSG_NOSIGNAL) }.min(0) as c_int)
}

/// Receives one packet and returns its whole length, which is larger than the storage for one that was cut.
///
/// # Safety
/// `storage` has room for `capacity` bytes.
pub unsafe fn receive(fd: RawFd, storage: *mut u8, capacity: usize) -> Result<usize> {
    let got = recv_bytes(fd, storage, capacity, MSG_TRUNC);
    if got < 0 {
        Err(Error::last_os_error())
    } else {
        Ok(got as usize)
    }
}
