// SPDX-License-Identifier: Apache-2.0
//! Messages there and back. Usage: echo HOME serve | echo HOME PEER TEXT…

use std::time::Duration;

use client_rust::{arguments, open_home, Outcome};
use mesh::{Event, Node, Protocol, SendOptions, ServeOptions};

fn main() -> Outcome {
    let words = arguments(2, "echo HOME serve | echo HOME PEER TEXT...")?;
    let node = open_home(&words[0], "echo")?;
    let protocol = Protocol::new("/example/echo/1")?;
    node.serve(&protocol, &ServeOptions::new().messages())?;
    println!("serving {}", protocol);
    if words[1] == "serve" {
        return answer(&node, &protocol);
    }
    ask(&node, &protocol, &words[1], &words[2..])?;
    node.close(Duration::from_secs(1))?;
    Ok(())
}

/// Sends every message back to where it came from.
fn answer(node: &Node, protocol: &Protocol) -> Outcome {
    loop {
        for event in &node.wait_events(None)? {
            if let Event::Message(message) = event {
                node.send(message.peer(), protocol, message.bytes(), &SendOptions::new())?;
            }
        }
    }
}

/// Sends each text and waits for all of them to come back.
fn ask(node: &Node, protocol: &Protocol, name: &str, texts: &[String]) -> Outcome {
    let peer = node.find_peer(name)?;
    for text in texts {
        node.send(peer, protocol, text.as_bytes(), &SendOptions::new())?;
    }
    let mut back = 0;
    while back < texts.len() {
        let events = node.wait_events(Some(Duration::from_secs(10)))?;
        if events.is_empty() {
            return Err("no echo within ten seconds".into());
        }
        for event in &events {
            match event {
                Event::Message(message) => {
                    println!("echo: {}", String::from_utf8_lossy(message.bytes()));
                    back += 1;
                }
                // It comes unasked when a message was not delivered.
                Event::Settled { result, .. } => result?,
                _ => {}
            }
        }
    }
    Ok(())
}
