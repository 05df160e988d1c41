# SPDX-License-Identifier: Apache-2.0
"""Messages, streams and requests between nodes that know each other by key.

    with mesh.attach(application="greeter") as node:
        node.send(node.find_peer("alice"), "/example/hello/1", b"good morning", mesh.Send.TELL_SETTLED)
        for event in node.events(timeout=10):
            if event.kind == mesh.Kind.SETTLED:
                print(event.error or "delivered")
                break

The module is libmesh by ctypes: LIBMESH_PATH names another file than libmesh.so.1. What events bring is copied, so
nothing here can read freed memory.
"""
from . import aio
from ._abi import library as _library
from .errors import Again, ErrorCode, MeshError
from .events import Event, Kind, LinkState
from .identity import NodeId
from .kept import Kept
from .node import Node
from .opening import attach, open_node
from .peers import PeerInfo
from .sending import Class, Send, Serve
from .stream import Stream

__all__ = [
    "Again", "Class", "ErrorCode", "Event", "Kept", "Kind", "LinkState", "MeshError", "Node", "NodeId", "PeerInfo",
    "Send", "Serve", "Stream", "aio", "attach", "open_node", "version",
]


def version() -> str:
    """The version of the library that is loaded."""
    return str(_library.mesh_version_text().decode())
