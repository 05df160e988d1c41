#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A key of your own, and signatures of a node. Usage: identity.py HOME KEYFILE"""
from example import open_home, run, say

import mesh


def main(home, path):
    made = mesh.NodeId.generate(path)
    loaded = mesh.NodeId.load(path)
    say(f"a new key: {made}, {'loaded again' if made == loaded else 'DIFFERENT'}")
    try:
        mesh.NodeId.generate(path)
        raise ValueError("a key file was overwritten")
    except mesh.MeshError as error:
        if error.code != mesh.ErrorCode.EXISTS:
            raise

    with open_home(home, "identity") as node:
        signature = node.sign(b"I was here.")
        node.id.verify(b"I was here.", signature)
        say(f'{node.id} signed "I was here."')
        try:
            node.id.verify(b"I was there.", signature)
            raise ValueError("a forged text was accepted")
        except mesh.MeshError as error:
            if error.code != mesh.ErrorCode.AUTH:
                raise
            say(f"a forged text is refused: {error}")


run(main, 2, "identity.py HOME KEYFILE")
