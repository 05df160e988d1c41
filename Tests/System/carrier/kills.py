#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One end of the kill series: an application that stays attached whatever becomes of its daemon.
Usage: kills.py send SOCKET PEER PROTOCOL STOP | receive SOCKET PROTOCOL STOP. A line for each thing that is told: `sent
TEXT`, `stored TEXT`, `settled TEXT CODE`; `LIFE TEXT AFTER BEFORE`, where LIFE counts the lives of the receiver's daemon
and TEXT came between two times. It ends when the file STOP is there and, sending, nothing is under way."""
import os
import sys
import time

import mesh


def send(socket: str, name: str, protocol: str, stop: str) -> None:
    """Sends until it is told to stop, and then waits for what is under way."""
    with mesh.attach(socket, application="kills-send") as node:
        peer = node.find_peer(name)
        waiting: dict[int, str] = {}
        number = 0
        while not os.path.exists(stop) or waiting:
            if not os.path.exists(stop) and len(waiting) < 400:
                text = f"m{number}."
                try:
                    message = node.send(peer, protocol, text.encode(), lifetime=86400,
                                        flags=mesh.Send.TELL_STORED | mesh.Send.TELL_SETTLED)
                    waiting[message] = text
                    print("sent", text, flush=True)
                    number += 1
                except mesh.Again:
                    pass
            for event in node.events(0.01):
                if event.kind == mesh.Kind.STORED:
                    print("stored", waiting.get(event.id, "?"), flush=True)
                elif event.kind == mesh.Kind.SETTLED:
                    print("settled", waiting.pop(event.id, "?"), int(event.code), flush=True)


def receive(socket: str, protocol: str, stop: str) -> None:
    """Takes what comes until it is told to stop."""
    with mesh.attach(socket, application="kills-receive") as node:
        node.serve(protocol)
        life = 0
        empty = time.monotonic()
        while not os.path.exists(stop):
            node.wait(0.2)
            now = time.monotonic()
            while taken := node.take():
                for event in taken:
                    if event.kind == mesh.Kind.HOME and event.code == 0:
                        life += 1
                    elif event.kind == mesh.Kind.MESSAGE:
                        before = time.monotonic()
                        print(life, bytes(event.data).decode(), round(empty, 3), round(before, 3), flush=True)
                now = time.monotonic()
            # Nothing waited then: what comes next came later.
            empty = now


if __name__ == "__main__":
    (send if sys.argv[1] == "send" else receive)(*sys.argv[2:])
