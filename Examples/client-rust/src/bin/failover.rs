// SPDX-License-Identifier: Apache-2.0
//! A path dies while messages are under way; the events tell, and no message is lost.
//! Usage: failover HOME serve | failover HOME PEER COUNT

use std::time::Duration;

use client_rust::{arguments, open_home, Outcome};
use mesh::{Error, ErrorCode, Event, LinkState, Node, Protocol, SendOptions, ServeOptions};

fn main() -> Outcome {
    let words = arguments(2, "failover HOME serve | failover HOME PEER COUNT")?;
    let node = open_home(&words[0], "failover")?;
    let protocol = Protocol::new("/example/count/1")?;
    if words[1] == "serve" {
        node.serve(&protocol, &ServeOptions::new().messages())?;
        println!("serving {}", protocol);
        return count_messages(&node);
    }
    let count = words.get(2).map_or(Ok(2000), |word| word.parse())?;
    send_messages(&node, &protocol, &words[1], count)?;
    node.close(Duration::from_secs(1))?;
    Ok(())
}

/// Expects the numbers from 0 in order; a body of "end" ends a count.
fn count_messages(node: &Node) -> Outcome {
    let (mut next, mut wrong) = (0u64, 0u64);
    loop {
        for event in &node.wait_events(None)? {
            if let Event::Message(message) = event {
                if message.bytes() == b"end" {
                    println!("{} messages in order, {} out of order", next, wrong);
                    (next, wrong) = (0, 0);
                } else if message.bytes() == next.to_string().as_bytes() {
                    next += 1;
                } else {
                    wrong += 1;
                }
            }
        }
    }
}

fn send_messages(node: &Node, protocol: &Protocol, peer: &str, count: u64) -> Outcome {
    let peer = node.find_peer(peer)?;
    let options = SendOptions::new().tell_settled();
    let (mut sent, mut delivered) = (0, 0);
    while delivered <= count {
        // A message a millisecond; when there is no room, or all was sent: wait for what comes.
        let mut patience = None;
        if sent <= count {
            let body = if sent < count { sent.to_string() } else { "end".into() };
            match node.send(peer, protocol, body.as_bytes(), &options) {
                Ok(_) => {
                    sent += 1;
                    patience = Some(Duration::from_millis(1));
                }
                Err(error) if error.code() == ErrorCode::Again => {}
                Err(error) => return Err(error.into()),
            }
        }
        delivered += watch(node, patience)?;
    }
    println!("{} sent, {} delivered", sent - 1, delivered - 1);
    Ok(())
}

/// Takes what waits; answers how many messages were delivered.
fn watch(node: &Node, patience: Option<Duration>) -> Result<u64, Error> {
    let mut delivered = 0;
    for event in &node.wait_events(patience)? {
        match event {
            Event::Settled { result, .. } => {
                result?;
                delivered += 1;
            }
            Event::Link { transport, state, sentence, .. } => {
                let state = match state {
                    LinkState::Confirmed => "works",
                    LinkState::Suspect => "is silent",
                    LinkState::Recovered => "works again",
                    LinkState::Closed => "was closed",
                    LinkState::Failed => "has died",
                    _ => "has changed",
                };
                println!("{} {}: {}", transport, state, sentence);
            }
            _ => {}
        }
    }
    Ok(delivered)
}
