# SPDX-License-Identifier: Apache-2.0
"""Errors: a code, its flags, and a sentence for people."""
from __future__ import annotations

from enum import IntEnum
from typing import Optional

from ._abi import library

_RETRYABLE, _AUTH, _PERMANENT = 1, 2, 4


class ErrorCode(IntEnum):
    """What went wrong, as `meshctl explain` explains it. A code of a later version is an INTERNAL error."""

    OK = 0
    INVALID = -1  # an argument is outside its range
    FLAG = -2  # a flag that this side does not know
    STATE = -3  # not in this state
    NOMEM = -4  # out of memory or buffers
    STALE = -5  # the id names nothing any more
    AGAIN = -6  # no credit or room now; an event will say when
    UNSUPPORTED = -7  # this plugin or host does not offer that
    ADDRESS = -8  # the address cannot be parsed or used
    REFUSED = -9  # the other side refused
    TIMEOUT = -10  # no answer in time
    UNREACHABLE = -11  # no way to the address
    CLOSED = -12  # closed in an orderly way
    RESET = -13  # died without a goodbye
    AUTH = -14  # a key, certificate or signature was not accepted
    PROTOCOL = -15  # the other side broke the protocol
    CONFIG = -16  # a configuration value is wrong
    RESTART = -17  # the change needs a restart of the instance
    EXISTS = -18  # the name or address is taken
    NOTFOUND = -19  # nothing by that name
    LIMIT = -20  # a configured limit is reached
    MTU = -21  # larger than the link now carries
    EXPIRED = -22  # the lifetime has passed
    IO = -23  # the operating system reported an error
    CANCELLED = -24  # given up on request
    VERSION = -25  # no common version
    BUSY = -26  # somebody else serves it
    PERMISSION = -27  # not allowed here
    INTERNAL = -28  # a bug on the side that says so
    FORKED = -29  # the handle belongs to the process before the fork


class MeshError(Exception):
    """A call that failed, or how something ended.

    code: an ErrorCode. number: the code as the library gave it. sentence: which file, peer, protocol or key.
    """

    def __init__(self, number: int, sentence: str = "") -> None:
        self.number = number
        self.code = ErrorCode(number) if number in ErrorCode._value2member_map_ else ErrorCode.INTERNAL
        self.sentence = sentence
        super().__init__(f"{sentence} ({self.name})" if sentence else self.name)

    @property
    def name(self) -> str:
        """The name in mesh.h, such as MESH_E_TIMEOUT."""
        return str(library.mesh_error_name(self.number).decode())

    @property
    def explanation(self) -> str:
        """What it means and what to do, in a few sentences."""
        return str(library.mesh_error_text(self.number).decode())

    @property
    def retryable(self) -> bool:
        """The same call may work later."""
        return bool(library.mesh_error_flags(self.number) & _RETRYABLE)

    @property
    def auth(self) -> bool:
        """A key or permission is at fault."""
        return bool(library.mesh_error_flags(self.number) & _AUTH)

    @property
    def permanent(self) -> bool:
        """The same call will never work."""
        return bool(library.mesh_error_flags(self.number) & _PERMANENT)


class Again(MeshError):
    """No credit or room now; an event of kind ROOM will say when."""


def check(answer: int) -> int:
    """The count that a call answered; raises its error with the sentence of this thread."""
    if answer >= 0:
        return answer
    sentence = library.mesh_last_error().decode(errors="replace")
    raise (Again if answer == ErrorCode.AGAIN else MeshError)(answer, sentence)


def of_event(code: int, sentence: str) -> Optional[MeshError]:
    """How something ended that an event tells of; None when all went well."""
    return MeshError(code, sentence) if code != 0 else None
