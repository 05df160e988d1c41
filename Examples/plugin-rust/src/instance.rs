// SPDX-License-Identifier: Apache-2.0
//! One instance of the transport: its listeners and links, and what happens to them.

use crate::abi::*;
use crate::host::{code_of, Host};
use crate::socket;
use std::io;
use std::os::unix::io::{AsRawFd, OwnedFd, RawFd};

pub const MTU: u32 = 16_384;
/// What a link's queue can hold, since the host never transmits more than was granted.
const CREDIT_FRAMES: u32 = 64;
/// Packets received in one turn of a link.
const BATCH: usize = 16;
/// For what the kernel will not announce: a full backlog, an empty pool. Nanoseconds.
const RETRY: u64 = 2_000_000;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Listening,
    Dialing,
    Up,
    Closing,
}

/// A listener or a link, named by the host's id.
struct Port {
    id: u64,
    state: State,
    fd: Option<OwnedFd>,
    name: String,
    deadline: u64,
    /// Not watched for reading until `retry_at`.
    paused: bool,
    /// What is watched now.
    mask: Option<u32>,
    queue: Vec<Buf>,
}

impl Port {
    fn raw(&self) -> RawFd {
        self.fd.as_ref().map_or(-1, |fd| fd.as_raw_fd())
    }

    fn address(&self) -> String {
        format!("loopback:{}", self.name)
    }
}

pub struct Instance {
    host: Host,
    ports: Vec<Port>,
    retry_at: u64,
    stop_at: u64,
    stopping: bool,
}

impl Instance {
    pub fn new(host: Host) -> Instance {
        Instance { host, ports: Vec::new(), retry_at: DEADLINE_NONE, stop_at: DEADLINE_NONE, stopping: false }
    }

    pub fn start(&self) {
        self.host.tell(EVENT_STARTED, 0, OK, "");
    }

    pub fn listen(&mut self, id: u64, name: &str, handed_over: RawFd) {
        let fd = if handed_over >= 0 { socket::adopt(handed_over) } else { socket::listen(name) };
        let at = self.add(id, State::Listening, name);
        match fd {
            Err(error) => self.fail(at, error),
            Ok(fd) => {
                self.ports[at].fd = Some(fd);
                if self.watch(at) {
                    self.host.tell(EVENT_LISTENING, id, OK, &self.ports[at].address());
                } else {
                    self.fail(at, io::Error::from_raw_os_error(socket::EMFILE));
                }
            }
        }
    }

    pub fn unlisten(&mut self, id: u64) -> i32 {
        match self.ports.iter().position(|port| port.id == id && port.state == State::Listening) {
            Some(at) => self.end(at, OK, ""),
            None => return E_STALE,
        }
        OK
    }

    pub fn connect(&mut self, id: u64, name: &str, deadline: u64) {
        let at = self.add(id, State::Dialing, name);
        self.ports[at].deadline = deadline;
        self.dial(at);
    }

    pub fn disconnect(&mut self, id: u64, mode: u32) -> i32 {
        let at = match self.find_link(id) {
            _ if mode > DISCONNECT_ABORT => return E_INVALID,
            None => return E_STALE,
            Some(at) => at,
        };
        if self.ports[at].state == State::Dialing || mode == DISCONNECT_ABORT {
            self.end(at, E_CANCELLED, "given up");
        } else if self.ports[at].queue.is_empty() {
            self.end(at, E_CLOSED, "closed");
        } else {
            self.ports[at].state = State::Closing; // `ready` ends it once the queue is empty
        }
        self.finish();
        OK
    }

    pub fn transmit(&mut self, bufs: &mut [Buf]) {
        for buf in bufs {
            match self.find_link(buf.link).filter(|&at| self.ports[at].state == State::Up) {
                Some(at) if self.ports[at].queue.len() < CREDIT_FRAMES as usize => {
                    self.ports[at].queue.push(*buf);
                    if self.ports[at].mask.unwrap_or(0) & WATCH_WRITE == 0 {
                        self.write(at);
                    }
                }
                _ => {
                    buf.status = E_STALE;
                    self.host.give_back(std::slice::from_mut(buf));
                }
            }
        }
    }

    pub fn ready(&mut self, ready: &[Ready], now: u64) -> u64 {
        for ready in ready.iter().filter(|ready| ready.kind == READY_FD) {
            // Looked up each time: an earlier entry of this turn may have ended the port.
            let at = match self.ports.iter().position(|port| port.fd.is_some() && port.raw() == ready.fd) {
                Some(at) => at,
                None => continue,
            };
            if ready.mask & WATCH_WRITE != 0 {
                self.write(at);
            }
            if self.ports[at].state == State::Listening {
                self.accept(at);
            } else if ready.mask & !WATCH_WRITE != 0 {
                self.read(at);
            }
        }
        let is_retry = now >= self.retry_at;
        if is_retry {
            self.retry_at = DEADLINE_NONE;
        }
        // Backwards, because a port that ends gives its place to the last one, which was looked at already.
        for at in (0..self.ports.len()).rev() {
            let port = &mut self.ports[at];
            if now >= self.stop_at {
                self.end(at, E_CANCELLED, "the time to stop has come");
            } else if port.state == State::Closing && port.queue.is_empty() {
                self.end(at, E_CLOSED, "closed");
            } else if is_retry {
                port.paused = false;
                if port.state == State::Dialing {
                    self.dial(at);
                } else {
                    self.watch(at);
                }
            }
        }
        self.finish()
    }

    pub fn stop(&mut self, deadline: u64) {
        for at in (0..self.ports.len()).rev() {
            if self.ports[at].state == State::Listening {
                self.end(at, OK, "");
            } else {
                self.disconnect(self.ports[at].id, 0);
            }
        }
        self.stopping = true;
        self.stop_at = deadline;
        self.finish();
    }

    fn add(&mut self, id: u64, state: State, name: &str) -> usize {
        let (name, queue) = (name.to_owned(), Vec::new());
        self.ports.push(Port { id, state, fd: None, name, deadline: 0, paused: false, mask: None, queue });
        self.ports.len() - 1
    }

    fn find_link(&self, id: u64) -> Option<usize> {
        self.ports.iter().position(|port| port.id == id && port.state != State::Listening)
    }

    /// The only way out of any state: what waits goes back to the host, then comes the last word, if there is one.
    fn end(&mut self, at: usize, code: i32, why: &str) {
        let mut port = self.ports.swap_remove(at);
        for buf in &mut port.queue {
            buf.status = code;
        }
        self.host.give_back(&mut port.queue);
        if port.fd.is_some() {
            self.host.unwatch(port.raw());
        }
        let kind = match port.state {
            State::Listening => EVENT_LISTEN_FAILED,
            State::Dialing => EVENT_FAILED,
            State::Up | State::Closing => EVENT_DOWN,
        };
        if !why.is_empty() {
            self.host.tell(kind, port.id, code, &format!("{}: {why}", port.address()));
        }
    }

    fn fail(&mut self, at: usize, error: io::Error) {
        self.end(at, code_of(&error), &error.to_string());
    }

    fn watch(&mut self, at: usize) -> bool {
        let port = &mut self.ports[at];
        let reading = if port.paused { 0 } else { WATCH_READ };
        let mask = reading | if port.queue.is_empty() { 0 } else { WATCH_WRITE };
        port.mask.replace(mask) == Some(mask) || self.host.watch(port.raw(), mask, port.id)
    }

    /// The end of every call that may have ended something. Returns the next deadline; STOPPED is the last word of all.
    fn finish(&mut self) -> u64 {
        let at = self.retry_at.min(self.stop_at);
        self.host.deadline(at);
        if !self.stopping || !self.ports.is_empty() {
            return at;
        }
        self.stopping = false;
        self.host.tell(EVENT_STOPPED, 0, OK, "");
        DEADLINE_NONE
    }

    fn try_later(&mut self, at: usize) {
        self.retry_at = self.retry_at.min(self.host.now() + RETRY);
        self.ports[at].paused = true;
        if self.ports[at].fd.is_some() {
            self.watch(at);
        }
        self.finish();
    }

    fn come_up(&mut self, at: usize, fd: OwnedFd) {
        self.ports[at].fd = Some(fd);
        if !self.watch(at) {
            return self.fail(at, io::Error::from_raw_os_error(socket::EMFILE));
        }
        let port = &mut self.ports[at];
        port.state = State::Up;
        self.host.tell(EVENT_UP, port.id, OK, "");
        self.host.credit(port.id, CREDIT_FRAMES, u64::from(CREDIT_FRAMES * MTU));
    }

    fn dial(&mut self, at: usize) {
        match socket::dial(&self.ports[at].name) {
            Ok(fd) => self.come_up(at, fd),
            Err(error) if error.raw_os_error() != Some(socket::EAGAIN) => self.fail(at, error),
            Err(_) if self.host.now() >= self.ports[at].deadline => {
                self.fail(at, io::Error::from_raw_os_error(socket::ETIMEDOUT))
            }
            Err(_) => self.try_later(at),
        }
    }

    fn accept(&mut self, listener: usize) {
        let name = self.ports[listener].name.clone();
        match socket::accept(self.ports[listener].raw()) {
            Ok(fd) => {
                if let Some(id) = self.host.incoming(self.ports[listener].id, &self.ports[listener].address()) {
                    let at = self.add(id, State::Dialing, &name);
                    self.come_up(at, fd);
                }
            }
            Err(error) => match error.raw_os_error() {
                Some(socket::EAGAIN) | Some(socket::ECONNABORTED) => {}
                _ => self.try_later(listener),
            },
        }
    }

    fn write(&mut self, at: usize) {
        let port = &mut self.ports[at];
        let fd = port.raw();
        let mut done = 0;
        for buf in &mut port.queue {
            buf.status = sendable(buf);
            if buf.status == OK {
                // SAFETY: the host owns `len` bytes from `off` and has lent them until they are given back.
                let packet = unsafe { std::slice::from_raw_parts(buf.data.add(buf.off as usize), buf.len as usize) };
                match socket::send(fd, packet) {
                    Ok(()) => {}
                    Err(error) if error.raw_os_error() == Some(socket::EAGAIN) => break,
                    Err(_) => buf.status = E_RESET, // `read` will see the end as well, and say so
                }
            }
            done += 1;
        }
        self.host.give_back(&mut port.queue[..done]);
        port.queue.drain(..done);
        self.watch(at);
    }

    fn read(&mut self, at: usize) {
        let (id, fd) = (self.ports[at].id, self.ports[at].raw());
        let mut bufs = [EMPTY; BATCH];
        let taken = self.host.take(&mut bufs, MTU);
        let (mut n, mut last) = (0, Ok(0));
        while n < taken {
            let buf = &mut bufs[n];
            // SAFETY: the pool has lent `cap` bytes.
            last = unsafe { socket::receive(fd, buf.data, buf.cap as usize) };
            match last {
                Ok(len) if len > 0 && len <= buf.cap as usize => buf.len = len as u32,
                _ => break,
            }
            buf.link = id;
            n += 1;
        }
        self.host.deliver(&mut bufs[..n]);
        self.host.put(&mut bufs[n..taken]);
        if taken == 0 {
            return self.try_later(at); // the pool is empty: the kernel keeps the packets meanwhile
        } else if n == taken {
            return; // the rest is still readable in the next turn
        }
        match last {
            Ok(0) => self.end(at, E_CLOSED, "the other side is gone"),
            Ok(_) => self.end(at, E_PROTOCOL, "a packet that is too large arrived"),
            Err(error) => match error.raw_os_error() {
                Some(socket::EAGAIN) | Some(socket::ECONNRESET) => {}
                _ => self.fail(at, error),
            },
        }
    }
}

/// The receiver could not tell an empty packet from the end of the connection.
fn sendable(buf: &Buf) -> i32 {
    match buf.len {
        0 => E_INVALID,
        _ if buf.flags & BUF_SEGMENTED != 0 => E_INVALID,
        len if len > MTU => E_MTU,
        _ => OK,
    }
}

const EMPTY: Buf = Buf {
    data: std::ptr::null_mut(),
    link: 0,
    owner: 0,
    cookie: 0,
    off: 0,
    len: 0,
    cap: 0,
    time_us: 0,
    stream: 0,
    status: 0,
    segment: 0,
    flags: 0,
    tclass: 0,
    ecn: 0,
    reserved: 0,
};
