# SPDX-License-Identifier: Apache-2.0
"""Names of nodes, and the key files behind them."""
from __future__ import annotations

import os
from ctypes import create_string_buffer
from typing import Union

from ._abi import library
from .errors import check

Path = Union[str, "os.PathLike[str]"]


class NodeId(bytes):
    """The name of a node: its Ed25519 public key, 32 bytes. str() of it is mesh1..."""

    def __new__(cls, value: bytes) -> NodeId:
        if len(value) != 32:
            raise ValueError(f"a node's name has 32 bytes, not {len(value)}")
        return super().__new__(cls, value)

    @classmethod
    def parse(cls, text: str) -> NodeId:
        """The name that mesh1... stands for. Typing errors are found."""
        room = create_string_buffer(32)
        check(library.mesh_name_decode(text.encode(), room))
        return cls(room.raw)

    @classmethod
    def generate(cls, path: Path) -> NodeId:
        """Makes a key and writes it to a new file that only its owner can read."""
        room = create_string_buffer(32)
        check(library.mesh_identity_generate(os.fsencode(path), room))
        return cls(room.raw)

    @classmethod
    def load(cls, path: Path) -> NodeId:
        """The name that belongs to a key file."""
        room = create_string_buffer(32)
        check(library.mesh_identity_load(os.fsencode(path), room))
        return cls(room.raw)

    def verify(self, data: bytes, signature: bytes) -> None:
        """Raises AUTH when this node did not sign `data`."""
        if len(signature) != 64:
            raise ValueError(f"a signature has 64 bytes, not {len(signature)}")
        check(library.mesh_verify(bytes(self), data, len(data), signature))

    def __str__(self) -> str:
        room = create_string_buffer(72)
        check(library.mesh_name_encode(bytes(self), room, len(room)))
        return room.value.decode()

    def __repr__(self) -> str:
        return f"NodeId.parse({str(self)!r})"
