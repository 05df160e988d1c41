// SPDX-License-Identifier: Apache-2.0
//! Text to and from C.

use std::ffi::CString;
use std::os::raw::c_char;
use std::str;

use mesh_sys::MESH_E_LIMIT;

use crate::{Error, ErrorCode};

/// `bytes` with a NUL after them; `what` names them in the error when there is one among them.
pub(crate) fn c_string(bytes: &[u8], what: &str) -> Result<CString, Error> {
    CString::new(bytes)
        .map_err(|error| Error::new(ErrorCode::Invalid, format!("{} has a NUL at {}", what, error.nul_position())))
}

/// The text before the first NUL of a field, `char` being signed or not.
pub(crate) fn field(characters: &[c_char]) -> String {
    let bytes: Vec<u8> = characters.iter().map(|c| *c as u8).take_while(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What an event says, for people: never fails, cut at what is not UTF-8.
pub(crate) fn readable(bytes: &[u8]) -> &str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or(""),
    }
}

/// A text whose size is known only when it was asked for: tries again with as much room as is needed.
pub(crate) fn grown(mut ask: impl FnMut(*mut c_char, usize, *mut usize) -> i32) -> Result<String, Error> {
    let mut room = vec![0u8; 4096];
    for _ in 0..8 {
        let mut needed = 0;
        let answer = ask(room.as_mut_ptr().cast(), room.len(), &mut needed);
        if answer == MESH_E_LIMIT && needed > room.len() {
            // It may have grown once more when it is asked for again.
            room = vec![0; needed + needed / 4];
            continue;
        }
        Error::check(answer)?;
        let length = room.iter().position(|byte| *byte == 0).unwrap_or(room.len());
        room.truncate(length);
        return Ok(String::from_utf8_lossy(&room).into_owned());
    }
    Err(Error::new(ErrorCode::Limit, "the text grows faster than it can be asked for"))
}
