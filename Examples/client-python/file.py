#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A file over a stream; the receiver answers with its hash. Usage: file.py HOME serve FOLDER | file.py HOME PEER FILE

The hash is that of the examples in other languages (FNV-1a, 64 bits), so that all understand each other. Whoever may
forge a file needs hashlib.sha256; what travels is authenticated by the node.
"""
import os
from pathlib import Path

from example import open_home, run, say

import mesh

PROTOCOL = "/example/file/1"
START = 0xCBF29CE484222325


def hash_more(value, data):
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def send_file(node, name, path):
    stream = node.open_stream(node.find_peer(name), PROTOCOL, metadata=Path(path).name.encode(), tclass=mesh.Class.BULK)
    value, answer = START, b""
    with stream, open(path, "rb") as file:
        while piece := file.read(65536):
            value = hash_more(value, piece)
            while piece:
                written = stream.write(piece)
                piece = piece[written:]
                if written == 0:
                    wait_for(node, stream)
        stream.finish()
        while (piece := stream.read()) != b"":
            if piece is None:
                wait_for(node, stream)
            else:
                answer += piece
    say(f"sent {path}: here {value:016x}, there {answer.decode()}")
    if answer.decode() != f"{value:016x}":
        raise ValueError("the hashes differ")


def wait_for(node, stream):
    """Shows the stream what happened; waits when nothing did."""
    taken = node.take()
    if not taken:
        node.wait()
    for event in taken:
        stream.take(event)


def receive_files(node, folder):
    incoming = {}  # Stream id: file, hash.
    for event in node.events():
        if event.kind == mesh.Kind.STREAM:
            try:
                incoming[event.id] = [create(folder, event.meta), START]
            except (OSError, ValueError):
                node.stream(event).reset(1)
        elif event.id not in incoming:
            continue
        elif event.kind == mesh.Kind.DATA:
            one = incoming[event.id]
            one[0].write(event.data)
            one[1] = hash_more(one[1], event.data)
        elif event.kind == mesh.Kind.STREAM_END:
            file, value = incoming.pop(event.id)
            file.close()
            if event.error is None:
                stream = node.stream(event)
                stream.write(f"{value:016x}".encode())
                stream.finish()


def create(folder, name):
    """A peer's word must not lead out of the folder."""
    name = name.decode()
    if not 0 < len(name) <= 200 or name.startswith(".") or "/" in name:
        raise ValueError("not a name for a file")
    return open(os.path.join(folder, name), "xb")


def main(home, peer, path):
    with open_home(home, "file") as node:
        if peer == "serve":
            node.serve(PROTOCOL, mesh.Serve.STREAMS)
            say(f"serving {PROTOCOL}")
            receive_files(node, path)
        else:
            send_file(node, peer, path)


run(main, 3, "file.py HOME serve FOLDER | file.py HOME PEER FILE")
