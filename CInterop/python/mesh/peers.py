# SPDX-License-Identifier: Apache-2.0
"""What is known of a peer."""
from __future__ import annotations

import ctypes
from ctypes import c_void_p
from dataclasses import dataclass

from ._abi import RawPeerInfo, library
from .errors import check
from .identity import NodeId


@dataclass(frozen=True)
class PeerInfo:
    """What is known of a peer. Empty texts = nothing, round_trip in seconds with 0 = unknown."""

    id: NodeId
    connected: bool
    alias: str
    transport: str
    round_trip: float
    links: int
    bytes_sent: int
    bytes_received: int


def peer_info(handle: c_void_p, peer: int) -> PeerInfo:
    """Asks the library."""
    raw = RawPeerInfo(size=ctypes.sizeof(RawPeerInfo))
    check(library.mesh_peer_info_get(handle, peer, ctypes.byref(raw)))
    return PeerInfo(NodeId(bytes(raw.id)), raw.connected != 0, raw.alias.decode(errors="replace"),
                    raw.transport.decode(errors="replace"), raw.rtt_us / 1e6, raw.links, raw.bytes_sent,
                    raw.bytes_received)
