// SPDX-License-Identifier: Apache-2.0

use std::os::raw::c_char;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::{fmt, str::FromStr};

use mesh_sys as sys;

use crate::text::{c_string, field};
use crate::Error;

/// A signature of [`crate::Node::sign`].
pub type Signature = [u8; sys::MESH_SIGNATURE_SIZE];

/// The name of a node: its Ed25519 public key. Printed and read as `mesh1...`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId([u8; sys::MESH_ID_SIZE]);

impl NodeId {
    /// Makes a key and writes it to a new file that only its owner can read.
    pub fn generate(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = c_string(path.as_ref().as_os_str().as_bytes(), "the path")?;
        let mut id = [0; sys::MESH_ID_SIZE];
        // SAFETY: a path with its NUL, and room for 32 bytes.
        Error::check(unsafe { sys::mesh_identity_generate(path.as_ptr(), id.as_mut_ptr()) })?;
        Ok(Self(id))
    }

    /// The name that belongs to a key file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = c_string(path.as_ref().as_os_str().as_bytes(), "the path")?;
        let mut id = [0; sys::MESH_ID_SIZE];
        // SAFETY: a path with its NUL, and room for 32 bytes.
        Error::check(unsafe { sys::mesh_identity_load(path.as_ptr(), id.as_mut_ptr()) })?;
        Ok(Self(id))
    }

    /// A name from its bytes.
    pub fn from_bytes(bytes: [u8; sys::MESH_ID_SIZE]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; sys::MESH_ID_SIZE] {
        &self.0
    }

    /// Checks that this node signed `data`; `ErrorCode::Auth` when it did not.
    pub fn verify(&self, data: &[u8], signature: &Signature) -> Result<(), Error> {
        // SAFETY: 32 and 64 bytes, and a pointer with its length.
        let answer = unsafe { sys::mesh_verify(self.0.as_ptr(), data.as_ptr().cast(), data.len(), signature.as_ptr()) };
        Error::check(answer).map(drop)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text: [c_char; sys::MESH_NAME_SIZE] = [0; sys::MESH_NAME_SIZE];
        // SAFETY: 32 bytes, and room with its size.
        let answer = unsafe { sys::mesh_name_encode(self.0.as_ptr(), text.as_mut_ptr(), text.len()) };
        Error::check(answer).map_err(|_| fmt::Error)?;
        formatter.write_str(&field(&text))
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NodeId({})", self)
    }
}

impl FromStr for NodeId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = c_string(text.as_bytes(), "the name")?;
        let mut id = [0; sys::MESH_ID_SIZE];
        // SAFETY: text with its NUL, and room for 32 bytes.
        Error::check(unsafe { sys::mesh_name_decode(text.as_ptr(), id.as_mut_ptr()) })?;
        Ok(Self(id))
    }
}
