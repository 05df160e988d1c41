# SPDX-License-Identifier: Apache-2.0
"""Events in asyncio: the node's descriptor wakes the loop, no thread is needed."""
from __future__ import annotations

import asyncio
from typing import AsyncIterator

from .events import Event
from .node import Node


async def events(node: Node) -> AsyncIterator[Event]:
    """Event after event: `async for event in mesh.aio.events(node)`. One such loop for a node."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    descriptor = node.fileno()
    loop.add_reader(descriptor, ready.set)
    try:
        while True:
            taken = node.take()
            for event in taken:
                yield event
            if not taken:
                ready.clear()
                await ready.wait()
    finally:
        loop.remove_reader(descriptor)
