# SPDX-License-Identifier: Apache-2.0
"""A node in this process, or a running meshd."""
from __future__ import annotations

import ctypes
import os
from typing import Optional

from ._abi import OpenOptions, library
from .identity import Path
from .node import Node


def _open(home: int, config_file: Optional[Path] = None, config_text: Optional[str] = None,
          folder: Optional[Path] = None, socket: Optional[Path] = None, application: str = "", log_level: int = 0,
          event_bytes: int = 0, call_timeout: float = 0) -> Node:
    options = OpenOptions()
    library.mesh_open_options_default(ctypes.byref(options))
    options.home, options.log_level, options.event_bytes = home, log_level, event_bytes
    options.config_file = None if config_file is None else os.fsencode(config_file)
    options.config_text = None if config_text is None else config_text.encode()
    options.folder = None if folder is None else os.fsencode(folder)
    options.socket = None if socket is None else os.fsencode(socket)
    options.application = application.encode() or None
    options.call_timeout_ms = round(call_timeout * 1000)
    return Node(options)


def open_node(config_file: Optional[Path] = None, *, config_text: Optional[str] = None, folder: Optional[Path] = None,
              application: str = "", log_level: int = 0, event_bytes: int = 0, call_timeout: float = 0) -> Node:
    """Runs a node in this process, configured by a YAML file or by the YAML itself. It listens when this returns."""
    return _open(1, config_file, config_text, folder, None, application, log_level, event_bytes, call_timeout)


def attach(socket: Optional[Path] = None, *, application: str = "", log_level: int = 0, event_bytes: int = 0,
           call_timeout: float = 0) -> Node:
    """Attaches to a running meshd; `socket` None = this user's own, else where packages put it."""
    return _open(2, None, None, None, socket, application, log_level, event_bytes, call_timeout)
