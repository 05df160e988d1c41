# SPDX-License-Identifier: Apache-2.0
"""What a node tells."""
from __future__ import annotations

import ctypes
from dataclasses import dataclass
from enum import IntEnum
from typing import Optional

from ._abi import RawEvent
from .errors import MeshError, of_event


class Kind(IntEnum):
    """What happened. Ignore what you do not know: later versions have more, as OTHER."""

    OTHER = 0
    MESSAGE = 1  # id, peer, token of serve; data = body, meta = idempotency key; value = ms of lifetime left
    SENT = 2  # id, token: the message has left this node
    SETTLED = 3  # id, token: what became of a message; error None = the receiving application has released it
    STREAM = 4  # a peer opened a stream: id, peer, token of serve; meta = its metadata
    DATA = 5  # stream id, token; data = bytes
    STREAM_END = 6  # stream id, token: the peer's side has ended
    STREAM_STOP = 7  # stream id, token: the peer reads no more; value = its number
    REQUEST = 8  # a request for us: id, peer, token of serve; data = body, meta = metadata; value = ms left
    REPLY = 9  # request id, token; data = body
    REQUEST_END = 10  # request id, token: no more replies; REFUSED: value = the server's number
    REQUEST_GONE = 11  # request id, token of serve: the asker has cancelled, or its deadline passed
    ROOM = 12  # what Again was raised for has room again: id = stream, or 0 and peer
    PEER = 13  # peer; error None = connected
    LINK = 14  # peer; meta = transport, data = a sentence; value = a LinkState
    TRANSPORT = 15  # meta = transport; error None = runs and listens, data = where
    HOME = 16  # the daemon: error = gone, attaching again; None = attached again
    LOG = 17  # value = level; data = the line
    RESTARTED = 18  # peer: it was restarted; its streams and requests end by themselves
    STORED = 19  # id, token: no link could carry the message, and it is kept on disk until one can


class LinkState(IntEnum):
    """What happened to a link."""

    CONFIRMED = 1
    SUSPECT = 2
    RECOVERED = 3
    CLOSED = 4
    FAILED = 5


@dataclass(frozen=True)
class Event:
    """One event. `data` and `meta` are copies and yours; see Kind for what each kind uses."""

    kind: Kind
    code: int
    id: int
    token: int
    peer: int
    data: bytes
    meta: bytes
    value: int
    flags: int
    _batch: int
    _index: int

    @classmethod
    def of(cls, raw: RawEvent, batch: int, index: int) -> Event:
        """A copy of what the library lends."""
        kind = Kind(raw.kind) if raw.kind in Kind._value2member_map_ else Kind.OTHER
        data = ctypes.string_at(raw.data, raw.len) if raw.len else b""
        meta = ctypes.string_at(raw.meta, raw.meta_len) if raw.meta_len else b""
        return cls(kind, raw.code, raw.id, raw.token, raw.peer, data, meta, raw.value, raw.flags, batch, index)

    @property
    def error(self) -> Optional[MeshError]:
        """Why it ended, or None when all went well."""
        return of_event(self.code, self.text)

    @property
    def text(self) -> str:
        """`data` for people."""
        return self.data.decode(errors="replace")

    @property
    def transport(self) -> str:
        """LINK and TRANSPORT: which."""
        return self.meta.decode(errors="replace")

    @property
    def link_state(self) -> Optional[LinkState]:
        """LINK: what happened; None for a state of a later version."""
        known = self.kind == Kind.LINK and self.value in LinkState._value2member_map_
        return LinkState(self.value) if known else None

    @property
    def repeated(self) -> bool:
        """It may have been seen before, by its key: either node was restarted meanwhile."""
        return bool(self.flags & 1)

    @property
    def last(self) -> bool:
        """REPLY: the only or last one; the end follows."""
        return bool(self.flags & 2)
