# SPDX-License-Identifier: Apache-2.0
"""One application on one node."""
from __future__ import annotations

import ctypes
import time
from ctypes import c_uint32, c_uint64, c_void_p
from types import TracebackType
from typing import Iterator, List, Optional, Type

from ._abi import OpenOptions, RawEvent, ServeOptions, library
from .errors import ErrorCode, MeshError, check
from .events import Event
from .identity import NodeId
from .kept import Kept
from .peers import PeerInfo, peer_info
from .sending import Class, Send, Serve, grown, number, send_options, slice_of
from .stream import Stream

_BATCH = 64
# A wait in C holds up Ctrl-C, so it is cut into pieces.
_PATIENCE = 0.25


class Node:
    """One application on one node: `with mesh.open_node(...) as node:`, or `mesh.attach(...)`.

    Use it from one thread; only `wake` may be called by another while this one waits.
    """

    def __init__(self, options: OpenOptions) -> None:
        handle = c_void_p()
        check(library.mesh_open(ctypes.byref(options), ctypes.byref(handle)))
        #: The handle, for what this module does not wrap.
        self.handle = handle
        self._raw = (RawEvent * _BATCH)()
        self._batch = 0

    def close(self, drain: float = 1.0) -> None:
        """Nothing more is taken; what was accepted gets `drain` seconds to be confirmed. Raises EXPIRED when something
        was not; the node is closed all the same. Closing again does nothing."""
        handle, self.handle = self.handle, c_void_p()
        if handle:
            check(library.mesh_close(handle, round(drain * 1000)))

    def __enter__(self) -> Node:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    # Events.

    def fileno(self) -> int:
        """A descriptor that is readable while events wait. Watch it; never read or close it."""
        return check(library.mesh_fd(self.handle))

    def take(self) -> List[Event]:
        """The events that wait, 64 at most, without blocking. Messages that the last call took and nobody kept count as
        delivered now."""
        count = check(library.mesh_events(self.handle, self._raw, _BATCH))
        self._batch += 1
        return [Event.of(self._raw[index], self._batch, index) for index in range(count)]

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Waits until events wait (True), `wake` is called or `timeout` seconds are over (False)."""
        return check(library.mesh_wait(self.handle, -1 if timeout is None else round(timeout * 1000))) > 0

    def wake(self) -> None:
        """Makes a `wait` of another thread, or the next one, return."""
        check(library.mesh_wake(self.handle))

    def events(self, timeout: Optional[float] = None) -> Iterator[Event]:
        """Event after event; ends when none has come for `timeout` seconds, None = never. A message counts as delivered
        when the loop has come back for what follows it."""
        while True:
            # Taking comes first: it gives back what the last call took, which must not wait for the next event.
            while taken := self.take():
                yield from taken
            end = None if timeout is None else time.monotonic() + timeout
            while not self.wait(_PATIENCE if end is None else min(_PATIENCE, max(0.0, end - time.monotonic()))):
                if end is not None and time.monotonic() >= end:
                    return

    def keep(self, event: Event) -> Kept:
        """Keeps an event of the last `take`: a message does not count as delivered until it is released."""
        if event._batch != self._batch:
            raise MeshError(ErrorCode.INVALID, "the event is not one of the last that were taken")
        return Kept(self, number(library.mesh_keep, self.handle, ctypes.byref(self._raw[event._index])), event)

    # Identity and peers.

    @property
    def id(self) -> NodeId:
        """The node's name."""
        room = ctypes.create_string_buffer(32)
        check(library.mesh_id(self.handle, room))
        return NodeId(room.raw)

    def sign(self, data: bytes) -> bytes:
        """Signs with the node's key, at most 1 MiB; NodeId.verify checks it."""
        room = ctypes.create_string_buffer(64)
        check(library.mesh_sign(self.handle, data, len(data), room))
        return room.raw

    def invite(self) -> str:
        """The line that `add_peer` or `meshctl peers add` takes elsewhere: this node's name and addresses."""
        return grown(library.mesh_invite, self.handle)

    def find_peer(self, name: str) -> int:
        """A peer by its name (mesh1...) or by what the configuration calls it."""
        return number(library.mesh_peer_find, self.handle, name.encode())

    def add_peer(self, invitation: str, alias: Optional[str] = None) -> int:
        """Lets a peer in and remembers it."""
        name = None if alias is None else alias.encode()
        return number(library.mesh_peer_add, self.handle, invitation.encode(), name)

    def remove_peer(self, peer: int) -> None:
        """Forgets a peer that was added; its session ends."""
        check(library.mesh_peer_remove(self.handle, peer))

    def peers(self) -> List[int]:
        """Every known peer."""
        size = 256
        while True:
            room, total = (c_uint64 * size)(), c_uint32()
            count = check(library.mesh_peers(self.handle, room, size, ctypes.byref(total)))
            if total.value <= size:
                return list(room[:count])
            size = total.value + 16

    def peer_info(self, peer: int) -> PeerInfo:
        """What is known of a peer."""
        return peer_info(self.handle, peer)

    def connect(self, peer: int) -> None:
        """Wants a session with the peer from now on; an event of kind PEER says what comes of it."""
        check(library.mesh_connect(self.handle, peer))

    def why(self, peer: int) -> str:
        """Which paths were considered, what each did last, which was chosen and why: JSON."""
        return grown(library.mesh_why, self.handle, peer)

    def metrics(self) -> str:
        """Counters and histograms as Prometheus text."""
        return grown(library.mesh_metrics, self.handle)

    def status(self) -> str:
        """Transports, listeners, peers and plugins: JSON."""
        return grown(library.mesh_status, self.handle)

    def hint(self, hint: int, value: int = 0) -> None:
        """Tells the node what it cannot see: 1 battery percent (101 on mains), 2 metered, 3 the network changed."""
        check(library.mesh_hint(self.handle, hint, value))

    # Serving and sending. `tclass`, `key`, `lifetime` (seconds) and `token` are those of mesh_send_options.

    def serve(self, protocol: str, what: Serve = Serve.ALL, token: int = 0, window: int = 0) -> None:
        """Serves a protocol for every peer that the node's lists allow; raises BUSY when somebody else does."""
        options = ServeOptions(ctypes.sizeof(ServeOptions), what, token, window)
        check(library.mesh_serve(self.handle, protocol.encode(), ctypes.byref(options)))

    def unserve(self, protocol: str) -> None:
        """Serves it no more."""
        check(library.mesh_unserve(self.handle, protocol.encode()))

    def send(self, peer: int, protocol: str, body: bytes, flags: Send = Send.NONE, tclass: Class = Class.DEFAULT,
             key: Optional[bytes] = None, lifetime: float = 0, token: int = 0) -> int:
        """Accepts a message and answers its number. Raises Again when there is no room; ROOM follows."""
        options = send_options(flags, tclass, b"", key, lifetime, token)
        return number(library.mesh_send, self.handle, peer, protocol.encode(), ctypes.byref(slice_of(body)), 1,
                      ctypes.byref(options))

    def broadcast(self, protocol: str, body: bytes, tclass: Class = Class.DEFAULT) -> int:
        """Sends an unreliable message to every connected peer and answers how many they are."""
        options = send_options(Send.UNRELIABLE, tclass, b"", None, 0, 0)
        return check(library.mesh_broadcast(self.handle, protocol.encode(), ctypes.byref(slice_of(body)), 1,
                                            ctypes.byref(options)))

    def request(self, peer: int, protocol: str, body: bytes, deadline: float = 0, flags: Send = Send.NONE,
                tclass: Class = Class.DEFAULT, metadata: bytes = b"", key: Optional[bytes] = None,
                token: int = 0) -> int:
        """Asks a peer and answers the request's number; `deadline` in seconds, 0 = 30."""
        options = send_options(flags, tclass, metadata, key, deadline, token)
        return number(library.mesh_request, self.handle, peer, protocol.encode(), ctypes.byref(slice_of(body)), 1,
                      ctypes.byref(options))

    def reply(self, request: int, body: bytes, more: bool = False) -> None:
        """Answers a request; with `more` further replies follow."""
        check(library.mesh_reply(self.handle, request, ctypes.byref(slice_of(body)), 1, int(more)))

    def refuse(self, request: int, code: int, sentence: str = "") -> None:
        """Refuses a request with a number of your own below 2^60 and a sentence."""
        check(library.mesh_refuse(self.handle, request, code, sentence.encode() or None))

    def cancel(self, number: int) -> None:
        """Gives up on a request, or on a message that has not left yet; the end comes as an event."""
        check(library.mesh_cancel(self.handle, number))

    def open_stream(self, peer: int, protocol: str, metadata: bytes = b"", tclass: Class = Class.DEFAULT,
                    token: int = 0) -> Stream:
        """Opens a stream of bytes, both ways."""
        options = send_options(Send.NONE, tclass, metadata, None, 0, token)
        return Stream(self, number(library.mesh_stream_open, self.handle, peer, protocol.encode(),
                                   ctypes.byref(options)))

    def stream(self, event: Event) -> Stream:
        """The stream that an event of kind STREAM brought."""
        return Stream(self, event.id)
