# SPDX-License-Identifier: Apache-2.0
"""Streams of bytes, both ways."""
from __future__ import annotations

import ctypes
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Deque, Optional, Type

from ._abi import library
from .errors import ErrorCode, MeshError, check
from .events import Event, Kind
from .kept import Kept
from .sending import slice_of

if TYPE_CHECKING:
    from .node import Node


class Stream:
    """A stream that never blocks. Show it every event with `take`; data that was not read uses the sender's credit.

    As a context manager it is reset when its block is left before `finish`.
    """

    def __init__(self, node: Node, number: int) -> None:
        self._node = node
        self.id = number
        self._pieces: Deque[Kept] = deque()
        self._end: Optional[Event] = None
        self._finished = False

    def take(self, event: Event) -> bool:
        """Takes in what an event brings for this stream; False when it is about something else."""
        if event.id != self.id or event.kind not in (Kind.DATA, Kind.STREAM_END, Kind.ROOM):
            return False
        if event.kind == Kind.DATA:
            self._pieces.append(self._node.keep(event))
        elif event.kind == Kind.STREAM_END:
            self._end = event
        return True

    def read(self) -> Optional[bytes]:
        """The next piece; None when none is here yet, b"" at the end. Raises when the stream died."""
        if self._pieces:
            kept = self._pieces.popleft()
            kept.release()
            return kept.event.data
        if self._end is None:
            return None
        if self._end.error is not None:
            raise self._end.error
        return b""

    def write(self, data: bytes) -> int:
        """Writes as much as there is room for and says how much; 0 = wait for an event of kind ROOM."""
        if not data:
            return 0
        piece = slice_of(data)
        answer = library.mesh_stream_write(self._node.handle, self.id, ctypes.byref(piece), 1)
        return 0 if answer == ErrorCode.AGAIN else check(answer)

    def finish(self) -> None:
        """Ends our side after all that was written."""
        check(library.mesh_stream_finish(self._node.handle, self.id))
        self._finished = True

    def reset(self, code: int = 0) -> None:
        """Cuts both sides off at once; the peer learns `code`, a number of your own below 2^60."""
        self._finished = True
        while self._pieces:
            self._pieces.popleft().release()
        check(library.mesh_stream_reset(self._node.handle, self.id, code))

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        if self._finished:
            return
        try:
            self.reset()
        except MeshError as error:
            # It ended by itself.
            if error.code != ErrorCode.STALE:
                raise
