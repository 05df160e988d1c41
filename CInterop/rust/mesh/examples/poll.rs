// SPDX-License-Identifier: Apache-2.0
//! A loop of your own around the node's descriptor, as async runtimes have one. Usage: poll NODE.yaml
//!
//! With a runtime, wrap the node in its type for foreign descriptors (such as `AsyncFd`) and take events when it says
//! that the descriptor is readable.

use std::os::raw::{c_int, c_short, c_ulong};
use std::os::unix::io::AsRawFd;

use mesh::OpenOptions;

#[repr(C)]
struct PollDescriptor {
    descriptor: c_int,
    wanted: c_short,
    happened: c_short,
}

const READABLE: c_short = 1;

extern "C" {
    fn poll(descriptors: *mut PollDescriptor, count: c_ulong, timeout: c_int) -> c_int;
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: poll NODE.yaml")?;
    let node = OpenOptions::process_file(path).application("poll").open()?;
    loop {
        // Take everything that is there before waiting again.
        while let events @ 1.. = drain(&node)? {
            println!("{} events", events);
        }
        let mut descriptors = [PollDescriptor { descriptor: node.as_raw_fd(), wanted: READABLE, happened: 0 }];
        // SAFETY: one descriptor, of `struct pollfd`'s layout.
        if unsafe { poll(descriptors.as_mut_ptr(), 1, 10_000) } == 0 {
            return Ok(());
        }
    }
}

fn drain(node: &mesh::Node) -> Result<usize, mesh::Error> {
    let events = node.events()?;
    for event in &events {
        println!("{:?}", event);
    }
    Ok(events.len())
}
