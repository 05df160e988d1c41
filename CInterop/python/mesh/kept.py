# SPDX-License-Identifier: Apache-2.0
"""What is kept past the next events."""
from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Optional, Type

from ._abi import library
from .errors import check
from .events import Event

if TYPE_CHECKING:
    from .node import Node


class Kept:
    """A message, piece or request that does not count as delivered until it is released.

    `with node.keep(event): ...` releases it at the end, so that a message whose handling raised is delivered all the
    same; call `release` yourself where it should not be.
    """

    def __init__(self, node: Node, number: int, event: Event) -> None:
        self._node, self._number = node, number
        self.event = event

    def release(self) -> None:
        """Gives it back; the sender learns that it was delivered. The second time does nothing."""
        if self._number:
            number, self._number = self._number, 0
            check(library.mesh_release(self._node.handle, number))

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.release()
