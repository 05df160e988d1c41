// SPDX-License-Identifier: Apache-2.0
//! Questions and answers, a deadline, a refusal. Usage: request HOME serve | request HOME PEER

use std::time::Duration;

use client_rust::{arguments, open_home, Outcome};
use mesh::{Answer, Error, ErrorCode, Event, Node, Peer, Protocol, SendOptions, ServeOptions};

const NOT_UNDERSTOOD: u64 = 400;

fn main() -> Outcome {
    let words = arguments(2, "request HOME serve | request HOME PEER")?;
    let node = open_home(&words[0], "request")?;
    let protocol = Protocol::new("/example/sums/1")?;
    if words[1] == "serve" {
        node.serve(&protocol, &ServeOptions::new().requests())?;
        println!("serving {}", protocol);
        return answer(&node);
    }
    let peer = node.find_peer(&words[1])?;
    let code = |result: Result<(), Error>| result.err().map(|error| error.code());
    let long = Duration::from_secs(10);
    let ends = [
        code(ask(&node, peer, &protocol, "add 20 22", long)?),
        code(ask(&node, peer, &protocol, "sleep", Duration::from_millis(300))?),
        code(ask(&node, peer, &protocol, "dance", long)?),
    ];
    node.close(Duration::from_secs(1))?;
    if ends != [None, Some(ErrorCode::Timeout), Some(ErrorCode::Refused)] {
        return Err(format!("unexpected ends: {:?}", ends).into());
    }
    Ok(())
}

/// "add A B" is answered, "sleep" never, all else refused.
fn answer(node: &Node) -> Outcome {
    loop {
        for event in &node.wait_events(None)? {
            match event {
                Event::Request(question) => {
                    let text = String::from_utf8_lossy(question.bytes());
                    let result = match text.split(' ').collect::<Vec<_>>()[..] {
                        ["sleep"] => Ok(()),
                        ["add", a, b] => match (a.parse::<i64>(), b.parse::<i64>()) {
                            (Ok(a), Ok(b)) => question.reply(a.wrapping_add(b).to_string().as_bytes()),
                            _ => question.refuse(NOT_UNDERSTOOD, "A and B are whole numbers"),
                        },
                        _ => question.refuse(NOT_UNDERSTOOD, "only 'add A B' is understood"),
                    };
                    match result {
                        // The asker may have gone meanwhile.
                        Err(error) if error.code() == ErrorCode::Stale => {}
                        other => other?,
                    }
                }
                Event::RequestGone { .. } => println!("an asker has gone"),
                _ => {}
            }
        }
    }
}

/// Asks and waits for the end of the request; prints replies. Answers how it ended.
fn ask(
    node: &Node,
    peer: Peer,
    protocol: &Protocol,
    question: &str,
    deadline: Duration,
) -> Result<Result<(), Error>, Error> {
    let mut request = node.request(peer, protocol, question.as_bytes(), &SendOptions::new().lifetime(deadline))?;
    loop {
        for event in &node.wait_events(None)? {
            match request.take_in(&event) {
                Some(Answer::Reply(reply)) => println!("{}: {}", question, String::from_utf8_lossy(reply.bytes())),
                Some(Answer::End(result, number)) => {
                    match &result {
                        Err(error) if error.code() == ErrorCode::Refused => {
                            println!("{}: refused with {}: {}", question, number, error.sentence())
                        }
                        Err(error) => println!("{}: {}", question, error.code().name()),
                        Ok(()) => {}
                    }
                    return Ok(result);
                }
                None => {}
            }
        }
    }
}
