// SPDX-License-Identifier: Apache-2.0
//! Errors: a code, its flags, and a sentence for people.

use std::ffi::CStr;
use std::{fmt, io};

use mesh_sys as sys;

/// What went wrong, as `meshctl explain` explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// An argument is outside its range.
    Invalid,
    /// A flag that this side does not know.
    Flag,
    /// Not in this state.
    State,
    /// Out of memory or buffers.
    NoMemory,
    /// The id names nothing any more.
    Stale,
    /// No credit or room now; an event will say when.
    Again,
    /// This plugin or host does not offer that.
    Unsupported,
    /// The address cannot be parsed or used.
    Address,
    /// The other side refused.
    Refused,
    /// No answer in time.
    Timeout,
    /// No way to the address.
    Unreachable,
    /// Closed in an orderly way.
    Closed,
    /// Died without a goodbye.
    Reset,
    /// A key, certificate or signature was not accepted.
    Auth,
    /// The other side broke the protocol.
    Protocol,
    /// A configuration value is wrong.
    Config,
    /// The change needs a restart of the instance.
    Restart,
    /// The name or address is taken.
    Exists,
    /// Nothing by that name.
    NotFound,
    /// A configured limit is reached.
    Limit,
    /// Larger than the link now carries.
    Mtu,
    /// The lifetime has passed.
    Expired,
    /// The operating system reported an error.
    Io,
    /// Given up on request.
    Cancelled,
    /// No common version.
    Version,
    /// Somebody else serves it.
    Busy,
    /// Not allowed here.
    Permission,
    /// A bug on the side that says so.
    Internal,
    /// The handle belongs to the process before the fork.
    Forked,
    /// A code of a later version of the library.
    Other(i32),
}

impl ErrorCode {
    /// The code of a number of `mesh.h`; `None` for 0.
    pub fn from_raw(code: i32) -> Option<Self> {
        Some(match code {
            0 => return None,
            sys::MESH_E_INVALID => Self::Invalid,
            sys::MESH_E_FLAG => Self::Flag,
            sys::MESH_E_STATE => Self::State,
            sys::MESH_E_NOMEM => Self::NoMemory,
            sys::MESH_E_STALE => Self::Stale,
            sys::MESH_E_AGAIN => Self::Again,
            sys::MESH_E_UNSUPPORTED => Self::Unsupported,
            sys::MESH_E_ADDRESS => Self::Address,
            sys::MESH_E_REFUSED => Self::Refused,
            sys::MESH_E_TIMEOUT => Self::Timeout,
            sys::MESH_E_UNREACHABLE => Self::Unreachable,
            sys::MESH_E_CLOSED => Self::Closed,
            sys::MESH_E_RESET => Self::Reset,
            sys::MESH_E_AUTH => Self::Auth,
            sys::MESH_E_PROTOCOL => Self::Protocol,
            sys::MESH_E_CONFIG => Self::Config,
            sys::MESH_E_RESTART => Self::Restart,
            sys::MESH_E_EXISTS => Self::Exists,
            sys::MESH_E_NOTFOUND => Self::NotFound,
            sys::MESH_E_LIMIT => Self::Limit,
            sys::MESH_E_MTU => Self::Mtu,
            sys::MESH_E_EXPIRED => Self::Expired,
            sys::MESH_E_IO => Self::Io,
            sys::MESH_E_CANCELLED => Self::Cancelled,
            sys::MESH_E_VERSION => Self::Version,
            sys::MESH_E_BUSY => Self::Busy,
            sys::MESH_E_PERMISSION => Self::Permission,
            sys::MESH_E_INTERNAL => Self::Internal,
            sys::MESH_E_FORKED => Self::Forked,
            other => Self::Other(other),
        })
    }

    /// The number in `mesh.h`.
    pub fn raw(self) -> i32 {
        match self {
            Self::Invalid => sys::MESH_E_INVALID,
            Self::Flag => sys::MESH_E_FLAG,
            Self::State => sys::MESH_E_STATE,
            Self::NoMemory => sys::MESH_E_NOMEM,
            Self::Stale => sys::MESH_E_STALE,
            Self::Again => sys::MESH_E_AGAIN,
            Self::Unsupported => sys::MESH_E_UNSUPPORTED,
            Self::Address => sys::MESH_E_ADDRESS,
            Self::Refused => sys::MESH_E_REFUSED,
            Self::Timeout => sys::MESH_E_TIMEOUT,
            Self::Unreachable => sys::MESH_E_UNREACHABLE,
            Self::Closed => sys::MESH_E_CLOSED,
            Self::Reset => sys::MESH_E_RESET,
            Self::Auth => sys::MESH_E_AUTH,
            Self::Protocol => sys::MESH_E_PROTOCOL,
            Self::Config => sys::MESH_E_CONFIG,
            Self::Restart => sys::MESH_E_RESTART,
            Self::Exists => sys::MESH_E_EXISTS,
            Self::NotFound => sys::MESH_E_NOTFOUND,
            Self::Limit => sys::MESH_E_LIMIT,
            Self::Mtu => sys::MESH_E_MTU,
            Self::Expired => sys::MESH_E_EXPIRED,
            Self::Io => sys::MESH_E_IO,
            Self::Cancelled => sys::MESH_E_CANCELLED,
            Self::Version => sys::MESH_E_VERSION,
            Self::Busy => sys::MESH_E_BUSY,
            Self::Permission => sys::MESH_E_PERMISSION,
            Self::Internal => sys::MESH_E_INTERNAL,
            Self::Forked => sys::MESH_E_FORKED,
            Self::Other(code) => code,
        }
    }

    /// The same call may work later.
    pub fn is_retryable(self) -> bool {
        self.flags() & sys::MESH_ERROR_RETRYABLE != 0
    }

    /// A key or permission is at fault.
    pub fn is_auth(self) -> bool {
        self.flags() & sys::MESH_ERROR_AUTH != 0
    }

    /// The same call will never work.
    pub fn is_permanent(self) -> bool {
        self.flags() & sys::MESH_ERROR_PERMANENT != 0
    }

    /// The name in `mesh.h`, such as `MESH_E_TIMEOUT`.
    pub fn name(self) -> &'static str {
        // SAFETY: the text is the library's, for ever.
        unsafe { CStr::from_ptr(sys::mesh_error_name(self.raw())) }.to_str().unwrap_or("MESH_E_?")
    }

    /// What it means and what to do, in a few sentences.
    pub fn explanation(self) -> &'static str {
        // SAFETY: the text is the library's, for ever.
        unsafe { CStr::from_ptr(sys::mesh_error_text(self.raw())) }.to_str().unwrap_or("")
    }

    fn flags(self) -> u32 {
        // SAFETY: takes a number.
        unsafe { sys::mesh_error_flags(self.raw()) }
    }
}

/// A call that failed, or how something ended: a code and a sentence that says which file, peer, protocol or key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    sentence: String,
}

impl Error {
    /// An error of your own, for what passes through the same hands.
    pub fn new(code: ErrorCode, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into() }
    }

    /// What went wrong.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// Which file, peer, protocol or key, and what was expected; may be empty.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// The count that a call answered, or its error with the sentence of this thread.
    pub(crate) fn check(answer: i32) -> Result<u32, Self> {
        match ErrorCode::from_raw(answer.min(0)) {
            None => Ok(answer as u32),
            Some(code) => {
                // SAFETY: lent until this thread's next failing call, copied before that.
                let sentence = unsafe { CStr::from_ptr(sys::mesh_last_error()) };
                Err(Self { code, sentence: sentence.to_string_lossy().into_owned() })
            }
        }
    }

    /// How something ended that an event tells of.
    pub(crate) fn of_event(code: i32, sentence: &str) -> Result<(), Self> {
        match ErrorCode::from_raw(code) {
            None => Ok(()),
            Some(code) => Err(Self::new(code, sentence)),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sentence.is_empty() {
            formatter.write_str(self.code.name())
        } else {
            write!(formatter, "{} ({})", self.sentence, self.code.name())
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.code {
            ErrorCode::Again => io::ErrorKind::WouldBlock,
            ErrorCode::Timeout | ErrorCode::Expired => io::ErrorKind::TimedOut,
            ErrorCode::NotFound => io::ErrorKind::NotFound,
            ErrorCode::Permission | ErrorCode::Auth => io::ErrorKind::PermissionDenied,
            ErrorCode::Reset => io::ErrorKind::ConnectionReset,
            ErrorCode::Refused => io::ErrorKind::ConnectionRefused,
            ErrorCode::Closed => io::ErrorKind::BrokenPipe,
            ErrorCode::Exists => io::ErrorKind::AlreadyExists,
            ErrorCode::Invalid | ErrorCode::Flag => io::ErrorKind::InvalidInput,
            ErrorCode::NoMemory => io::ErrorKind::OutOfMemory,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}
