// SPDX-License-Identifier: Apache-2.0
//! What the five examples share.

use std::error::Error;

use mesh::{Node, OpenOptions};

/// What an example ends with.
pub type Outcome = Result<(), Box<dyn Error>>;

/// A YAML file is a node in this process; anything else is the client socket of a running meshd.
pub fn open_home(home: &str, application: &str) -> Result<Node, mesh::Error> {
    let options =
        if home.ends_with(".yaml") { OpenOptions::process_file(home) } else { OpenOptions::daemon().socket(home) };
    options.application(application).open()
}

/// The words of the command line, as many as the example needs.
pub fn arguments(least: usize, usage: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.len() < least {
        return Err(format!("usage: {}", usage).into());
    }
    Ok(words)
}

/// FNV-1a, 64 bits: enough to compare two files in an example. Whoever may forge a file needs SHA-256; what travels is
/// authenticated by the node.
#[derive(Clone, Copy)]
pub struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    /// 16 digits.
    pub fn text(self) -> String {
        format!("{:016x}", self.0)
    }
}
