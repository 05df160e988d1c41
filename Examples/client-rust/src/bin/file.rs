// SPDX-License-Identifier: Apache-2.0
//! A file over a stream; the receiver answers with its hash. Usage: file HOME serve FOLDER | file HOME PEER FILE

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::time::Duration;

use client_rust::{arguments, open_home, Hash, Outcome};
use mesh::{Event, Node, Protocol, SendOptions, ServeOptions, Stream, TrafficClass};

fn main() -> Outcome {
    let words = arguments(3, "file HOME serve FOLDER | file HOME PEER FILE")?;
    let node = open_home(&words[0], "file")?;
    let protocol = Protocol::new("/example/file/1")?;
    if words[1] == "serve" {
        node.serve(&protocol, &ServeOptions::new().streams())?;
        println!("serving {}", protocol);
        return receive_files(&node, Path::new(&words[2]));
    }
    send_file(&node, &protocol, &words[1], Path::new(&words[2]))?;
    node.close(Duration::from_secs(1))?;
    Ok(())
}

/// Waits and shows the stream what happened.
fn wait_for(node: &Node, stream: &mut Stream<'_>) -> Outcome {
    for event in &node.wait_events(None)? {
        stream.take_in(&event)?;
    }
    Ok(())
}

fn send_file(node: &Node, protocol: &Protocol, peer: &str, path: &Path) -> Outcome {
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("the file has no name")?;
    let mut file = File::open(path)?;
    let options = SendOptions::new().class(TrafficClass::Bulk).metadata(name.as_bytes());
    let mut stream = node.open_stream(node.find_peer(peer)?, protocol, &options)?;
    let (mut hash, mut piece) = (Hash::default(), vec![0; 65536]);
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            break;
        }
        hash.add(&piece[..count]);
        let mut rest = &piece[..count];
        while !rest.is_empty() {
            match stream.write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait_for(node, &mut stream)?,
                Err(error) => return Err(error.into()),
            }
        }
    }
    stream.finish()?;

    let mut answer = Vec::new();
    while !stream.is_at_end()? {
        match stream.next_piece() {
            Some(piece) => answer.extend_from_slice(&piece),
            None => wait_for(node, &mut stream)?,
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    println!("sent {}: here {}, there {}", path.display(), hash.text(), answer);
    if answer != hash.text() {
        return Err("the hashes differ".into());
    }
    Ok(())
}

/// A stream that is being received.
struct Incoming<'n> {
    stream: Stream<'n>,
    file: File,
    hash: Hash,
}

fn receive_files(node: &Node, folder: &Path) -> Outcome {
    let mut incoming: Vec<Incoming<'_>> = Vec::new();
    loop {
        for event in &node.wait_events(None)? {
            if let Event::Stream(new) = &event {
                match create(folder, new.meta()) {
                    Ok(file) => incoming.push(Incoming { stream: node.stream(new.id()), file, hash: Hash::default() }),
                    // Dropping the stream would do the same.
                    Err(_) => node.stream(new.id()).reset(1)?,
                }
            }
            for one in &mut incoming {
                one.stream.take_in(&event)?;
            }
        }
        for one in &mut incoming {
            while let Some(piece) = one.stream.next_piece() {
                one.hash.add(&piece);
                one.file.write_all(&piece)?;
            }
            if let Ok(true) = one.stream.is_at_end() {
                one.stream.write_all(one.hash.text().as_bytes())?;
                one.stream.finish()?;
            }
        }
        incoming.retain(|one| matches!(one.stream.is_at_end(), Ok(false)));
    }
}

/// A peer's word must not lead out of the folder.
fn create(folder: &Path, name: &[u8]) -> Result<File, Box<dyn std::error::Error>> {
    let name = std::str::from_utf8(name)?;
    if name.is_empty() || name.len() > 200 || name.starts_with('.') || name.contains(&['/', '\0'][..]) {
        return Err("not a name for a file".into());
    }
    Ok(OpenOptions::new().write(true).create_new(true).open(folder.join(name))?)
}
