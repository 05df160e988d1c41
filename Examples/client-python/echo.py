#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Messages there and back. Usage: echo.py HOME serve | echo.py HOME PEER TEXT…"""
from example import open_home, run, say

import mesh

PROTOCOL = "/example/echo/1"


def answer(node):
    """Sends every message back to where it came from."""
    for event in node.events():
        if event.kind == mesh.Kind.MESSAGE:
            node.send(event.peer, PROTOCOL, event.data)


def ask(node, name, texts):
    """Sends each text and waits for all of them to come back."""
    peer = node.find_peer(name)
    for text in texts:
        node.send(peer, PROTOCOL, text.encode())
    back = 0
    for event in node.events(timeout=10):
        if event.kind == mesh.Kind.MESSAGE:
            say(f"echo: {event.text}")
            back += 1
            if back == len(texts):
                return
        elif event.kind == mesh.Kind.SETTLED and event.error:
            raise event.error  # It comes unasked when a message was not delivered.
    raise ValueError("no echo within ten seconds")


def main(home, peer, *texts):
    with open_home(home, "echo") as node:
        node.serve(PROTOCOL, mesh.Serve.MESSAGES)
        say(f"serving {PROTOCOL}")
        if peer == "serve":
            answer(node)
        else:
            ask(node, peer, texts)


run(main, 2, "echo.py HOME serve | echo.py HOME PEER TEXT...")
