// SPDX-License-Identifier: Apache-2.0

use std::ffi::CString;
use std::{fmt, str};

use crate::text::c_string;
use crate::Error;

/// The name of a protocol, such as `/fog/jobs/1`. Made once, so that sending allocates nothing for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Protocol(pub(crate) CString);

impl Protocol {
    /// A name of at most 128 bytes. Fails when it contains a NUL; the library judges the rest when it is used.
    pub fn new(name: &str) -> Result<Self, Error> {
        c_string(name.as_bytes(), "the protocol").map(Self)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.0.as_bytes()).unwrap_or("")
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
