// SPDX-License-Identifier: Apache-2.0
//! A key of your own, and signatures of a node. Usage: identity HOME KEYFILE

use std::time::Duration;

use client_rust::{arguments, open_home, Outcome};
use mesh::{ErrorCode, NodeId};

fn main() -> Outcome {
    let words = arguments(2, "identity HOME KEYFILE")?;
    let made = NodeId::generate(&words[1])?;
    let loaded = NodeId::load(&words[1])?;
    println!("a new key: {}, {}", made, if made == loaded { "loaded again" } else { "DIFFERENT" });
    match NodeId::generate(&words[1]) {
        Err(error) if error.code() == ErrorCode::Exists => {}
        _ => return Err("a key file was overwritten".into()),
    }

    let node = open_home(&words[0], "identity")?;
    let (id, text) = (node.id()?, "I was here.");
    let signature = node.sign(text.as_bytes())?;
    id.verify(text.as_bytes(), &signature)?;
    println!("{} signed \"{}\"", id, text);
    match id.verify(b"I was there.", &signature) {
        Err(error) if error.code() == ErrorCode::Auth => println!("a forged text is refused: {}", error),
        _ => return Err("a forged text was accepted".into()),
    }
    node.close(Duration::from_secs(1))?;
    Ok(())
}
