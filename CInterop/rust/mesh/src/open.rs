// SPDX-License-Identifier: Apache-2.0

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::os::raw::c_char;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::time::Duration;

use mesh_sys as sys;

use crate::text::c_string;
use crate::{Error, Node};

/// Which lines of the node's log come as [`crate::Event::Log`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// None.
    Off = 0,
    /// Errors.
    Error = 1,
    /// Also warnings.
    Warning = 2,
    /// Also information.
    Information = 3,
    /// Everything.
    Debugging = 4,
}

#[derive(Clone, Debug)]
enum Home {
    File(PathBuf),
    Text(String),
    Daemon,
}

/// How a [`Node`] is opened: which node, and the limits of this application.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    home: Home,
    folder: Option<PathBuf>,
    socket: Option<PathBuf>,
    application: Option<String>,
    log_level: LogLevel,
    event_bytes: u32,
    call_timeout: Duration,
}

impl OpenOptions {
    /// Runs a node in this process, configured by a YAML file.
    pub fn process_file(path: impl Into<PathBuf>) -> Self {
        Self::of(Home::File(path.into()))
    }

    /// Runs a node in this process, configured by this YAML.
    pub fn process_text(yaml: impl Into<String>) -> Self {
        Self::of(Home::Text(yaml.into()))
    }

    /// Attaches to a running `meshd`.
    pub fn daemon() -> Self {
        Self::of(Home::Daemon)
    }

    fn of(home: Home) -> Self {
        Self {
            home,
            folder: None,
            socket: None,
            application: None,
            log_level: LogLevel::Off,
            event_bytes: 0,
            call_timeout: Duration::from_millis(0),
        }
    }

    /// What relative paths of a configuration text start from; without it the working folder.
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.folder = Some(path.into());
        self
    }

    /// The daemon's client socket; without it this user's own, else where packages put it.
    pub fn socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.socket = Some(path.into());
        self
    }

    /// Who this is, for logs and `why`; at most 64 bytes.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.application = Some(name.into());
        self
    }

    /// Which lines of the log come as events.
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.log_level = level;
        self
    }

    /// Most bytes of events that wait to be read; without it 4 MiB.
    pub fn event_bytes(mut self, bytes: u32) -> Self {
        self.event_bytes = bytes;
        self
    }

    /// For calls that wait for the node's answer; without it 5 s.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// Opens the node or attaches to it. A node in the process listens when this returns; what of it did not work comes
    /// as [`crate::Event::Transport`].
    pub fn open(&self) -> Result<Node, Error> {
        let (mut file, mut yaml) = (None, None);
        let home = match &self.home {
            Home::File(path) => {
                file = Some(path_string(path)?);
                sys::MESH_HOME_PROCESS
            }
            Home::Text(text) => {
                yaml = Some(c_string(text.as_bytes(), "the configuration")?);
                sys::MESH_HOME_PROCESS
            }
            Home::Daemon => sys::MESH_HOME_DAEMON,
        };
        let folder = self.folder.as_deref().map(path_string).transpose()?;
        let socket = self.socket.as_deref().map(path_string).transpose()?;
        let application = self.application.as_ref().map(|name| c_string(name.as_bytes(), "the application"));
        let application = application.transpose()?;
        let mut options = MaybeUninit::<sys::mesh_open_options>::zeroed();
        // SAFETY: zeros are a valid value of it, and the library fills it in.
        let mut options = unsafe {
            sys::mesh_open_options_default(options.as_mut_ptr());
            options.assume_init()
        };
        options.home = home;
        options.log_level = self.log_level as u32;
        options.config_file = pointer(&file);
        options.config_text = pointer(&yaml);
        options.folder = pointer(&folder);
        options.socket = pointer(&socket);
        options.application = pointer(&application);
        options.event_bytes = self.event_bytes;
        options.call_timeout_ms = self.call_timeout.as_millis().min(u32::MAX.into()) as u32;
        let mut handle = ptr::null_mut();
        // SAFETY: the texts live until after the call, which copies them.
        Error::check(unsafe { sys::mesh_open(&options, &mut handle) })?;
        Node::from_handle(handle)
    }
}

fn path_string(path: &Path) -> Result<CString, Error> {
    c_string(path.as_os_str().as_bytes(), "the path")
}

fn pointer(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(ptr::null(), |text| text.as_ptr())
}
