// SPDX-License-Identifier: Apache-2.0
//! Two nodes in this process, over Unix sockets.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mesh::{Answer, ErrorCode, Event, Node, NodeId, OpenOptions, Peer, Protocol, SendOptions, ServeOptions, Stream};

/// Against hanging only.
const ALARM: Option<Duration> = Some(Duration::from_secs(20));

struct Town {
    folder: PathBuf,
    alice: Node,
    bob: Node,
    /// Bob, as Alice knows him.
    peer: Peer,
}

impl Drop for Town {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn open(folder: &std::path::Path, name: &str) -> Node {
    let plugins = std::env::var("TEST_PLUGIN_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../build/plugins").into());
    let yaml = format!(
        "node: {{ state: {0}/{1}, stop_timeout: 1s }}\nplugins: {{ directories: [{2}], trust: any }}\n\
         transports:\n  unix: {{ listen: [\"unix://{0}/{1}.sock\"] }}\n",
        folder.display(),
        name,
        plugins
    );
    OpenOptions::process_text(yaml).application(name).open().expect("a node opens")
}

fn town() -> Town {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("mesh-rust-{}-{}", std::process::id(), number));
    fs::create_dir(&folder).unwrap();
    let (alice, bob) = (open(&folder, "alice"), open(&folder, "bob"));
    bob.add_peer(&alice.invite().unwrap(), Some("alice")).unwrap();
    let peer = alice.add_peer(&bob.invite().unwrap(), Some("bob")).unwrap();
    Town { folder, alice, bob, peer }
}

/// The first of the events that `find` finds something in.
fn until<T>(node: &Node, mut find: impl FnMut(&Event<'_>) -> Option<T>) -> T {
    loop {
        let events = node.wait_events(ALARM).unwrap();
        assert!(!events.is_empty(), "an event comes in time");
        if let Some(found) = events.iter().find_map(|event| find(&event)) {
            return found;
        }
    }
}

#[test]
fn a_node_may_go_to_and_be_shared_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Node>();
    check::<mesh::Kept<'static>>();
    check::<mesh::Buffer<'static>>();
}

#[test]
fn a_message_that_is_kept_is_delivered_when_it_is_dropped() {
    let town = town();
    let protocol = Protocol::new("/test/1").unwrap();
    town.bob.serve(&protocol, &ServeOptions::new().token(7)).unwrap();
    let options = SendOptions::new().tell_settled().token(9);
    let sent = town.alice.send(town.peer, &protocol, b"hello", &options).unwrap();
    let kept = until(&town.bob, |event| match event {
        Event::Message(message) => {
            assert_eq!((message.bytes(), message.token()), (&b"hello"[..], 7));
            Some(town.bob.keep(message).unwrap())
        }
        _ => None,
    });
    assert!(town.bob.events().unwrap().iter().all(|event| !matches!(event, Event::Message(_))));
    assert_eq!(&kept[..], b"hello");
    drop(kept);
    until(&town.alice, |event| match event {
        Event::Settled { message, token, result } if *message == sent => {
            assert_eq!((*token, result), (9, &Ok(())));
            Some(())
        }
        _ => None,
    });
}

#[test]
fn events_are_taken_by_one_at_a_time() {
    let town = town();
    let events = town.alice.events().unwrap();
    assert_eq!(town.alice.events().unwrap_err().code(), ErrorCode::State);
    drop(events);
    town.alice.events().unwrap();
}

#[test]
fn what_cannot_be_done_is_an_error_with_a_sentence() {
    let town = town();
    let error = town.alice.find_peer("nobody").unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotFound);
    assert!(error.sentence().contains("nobody"), "{}", error);
    assert!("mesh1nonsense".parse::<NodeId>().is_err());
    assert_eq!(Protocol::new("a\0b").unwrap_err().code(), ErrorCode::Invalid);
}

#[test]
fn a_signature_fits_what_was_signed_and_nothing_else() {
    let town = town();
    let (id, signature) = (town.alice.id().unwrap(), town.alice.sign(b"yes").unwrap());
    assert_eq!(id.to_string().parse::<NodeId>().unwrap(), id);
    id.verify(b"yes", &signature).unwrap();
    assert_eq!(id.verify(b"no", &signature).unwrap_err().code(), ErrorCode::Auth);
    assert_eq!(town.bob.id().unwrap().verify(b"yes", &signature).unwrap_err().code(), ErrorCode::Auth);
}

#[test]
fn a_buffer_is_sent_as_a_message() {
    let town = town();
    let protocol = Protocol::new("/test/1").unwrap();
    town.bob.serve(&protocol, &ServeOptions::new()).unwrap();
    let mut buffer = town.alice.buffer(1000).unwrap();
    buffer[..5].copy_from_slice(b"12345");
    buffer.send(5, town.peer, &protocol, &SendOptions::new()).map_err(|(error, _)| error).unwrap();
    until(&town.bob, |event| match event {
        Event::Message(message) => {
            assert_eq!(message.bytes(), b"12345");
            Some(())
        }
        _ => None,
    });
}

#[test]
fn a_request_has_replies_and_an_end() {
    let town = town();
    let protocol = Protocol::new("/test/1").unwrap();
    town.bob.serve(&protocol, &ServeOptions::new()).unwrap();
    let options = SendOptions::new().metadata(b"aside");
    let mut request = town.alice.request(town.peer, &protocol, b"one or two?", &options).unwrap();
    until(&town.bob, |event| match event {
        Event::Request(question) => {
            assert_eq!((question.bytes(), question.meta()), (&b"one or two?"[..], &b"aside"[..]));
            question.reply_more(b"one").unwrap();
            question.reply(b"two").unwrap();
            Some(())
        }
        _ => None,
    });
    let mut replies = Vec::new();
    until(&town.alice, |event| match request.take_in(event) {
        Some(Answer::Reply(reply)) => {
            replies.push(reply.bytes().to_vec());
            None
        }
        Some(Answer::End(result, _)) => Some(assert_eq!(result, Ok(()))),
        None => None,
    });
    assert_eq!(replies, [b"one", b"two"]);
}

#[test]
fn a_stream_is_read_and_written_and_ends() {
    let town = town();
    let protocol = Protocol::new("/test/1").unwrap();
    town.bob.serve(&protocol, &ServeOptions::new()).unwrap();
    let mut ours = town.alice.open_stream(town.peer, &protocol, &SendOptions::new()).unwrap();
    ours.write_all(b"there").unwrap();
    ours.finish().unwrap();
    let (mut theirs, mut text) = (None::<Stream<'_>>, Vec::new());
    while !matches!(&theirs, Some(stream) if stream.is_at_end().unwrap()) {
        let events = town.bob.wait_events(ALARM).unwrap();
        assert!(!events.is_empty(), "an event comes in time");
        for event in &events {
            match (&event, &mut theirs) {
                (Event::Stream(stream), _) => theirs = Some(town.bob.stream(stream.id())),
                (_, Some(stream)) => drop(stream.take_in(&event).unwrap()),
                _ => {}
            }
        }
        let mut room = [0; 3];
        while let Some(stream) = &mut theirs {
            match stream.read(&mut room) {
                Ok(0) => break,
                Ok(count) => text.extend_from_slice(&room[..count]),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    break;
                }
            }
        }
    }
    assert_eq!(text, b"there");
}
