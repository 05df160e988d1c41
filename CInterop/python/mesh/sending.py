# SPDX-License-Identifier: Apache-2.0
"""How something is sent."""
from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_size_t, c_uint64, c_void_p
from enum import IntEnum, IntFlag
from typing import Any, Callable, Optional

from ._abi import SendOptions, Slice
from .errors import ErrorCode, check


class Class(IntEnum):
    """Who waits for it; classes share a path fairly."""

    DEFAULT = 0  # normal; for requests interactive
    REALTIME = 1
    INTERACTIVE = 2
    NORMAL = 3
    BULK = 4
    BACKGROUND = 5


class Send(IntFlag):
    """How it is sent, and what is to be told."""

    NONE = 0
    UNRELIABLE = 0x1  # may be lost, is never repeated; at most 60,000 bytes
    UNORDERED = 0x2  # need not wait for messages sent before it
    TELL_SENT = 0x4  # SENT is wanted
    TELL_SETTLED = 0x8  # SETTLED is wanted also when the message was delivered
    IDEMPOTENT = 0x10  # requests: may be repeated until an answer comes
    TELL_STORED = 0x20  # STORED is wanted, should the message have to wait


class Serve(IntFlag):
    """What of a protocol is served."""

    MESSAGES = 0x1
    STREAMS = 0x2
    REQUESTS = 0x4
    ALL = 0x7


def send_options(flags: Send, tclass: Class, metadata: bytes, key: Optional[bytes], lifetime: float,
                 token: int) -> SendOptions:
    """`lifetime` in seconds: at least a millisecond when it is not 0, for 0 means none."""
    if key is not None and len(key) != 16:
        raise ValueError(f"an idempotency key has 16 bytes, not {len(key)}")
    if lifetime < 0:
        raise ValueError("a lifetime is not negative")
    milliseconds = max(1, round(lifetime * 1000)) if lifetime > 0 else 0
    return SendOptions(ctypes.sizeof(SendOptions), flags, tclass, len(metadata), metadata or None, key, milliseconds,
                       token)


def slice_of(data: bytes) -> Slice:
    """`data` as a piece; it has to live until the call returns."""
    return Slice(ctypes.cast(c_char_p(data), c_void_p), len(data))


def number(call: Callable[..., int], *arguments: Any) -> int:
    """The number that a call writes through its last argument."""
    room = c_uint64()
    check(call(*arguments, ctypes.byref(room)))
    return room.value


def grown(call: Callable[..., int], *arguments: Any) -> str:
    """A text whose size is known only when it was asked for."""
    size = 4096
    while True:
        room, needed = ctypes.create_string_buffer(size), c_size_t()
        answer = call(*arguments, room, size, ctypes.byref(needed))
        if answer != ErrorCode.LIMIT or needed.value <= size:
            check(answer)
            return room.value.decode(errors="replace")
        size = needed.value + needed.value // 4
