#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An application that sends one message and stays until its fate is known, whatever becomes of its daemon.
Usage: attached.py SOCKET PEER PROTOCOL TEXT; prints what it is told, a line each."""
import sys

import mesh

socket, name, protocol, text = sys.argv[1:]
with mesh.attach(socket, application="attached") as node:
    message = node.send(node.find_peer(name), protocol, text.encode(), lifetime=30 * 86400,
                        flags=mesh.Send.TELL_SENT | mesh.Send.TELL_STORED | mesh.Send.TELL_SETTLED)
    print("accepted", flush=True)
    for event in node.events(60):
        if event.kind == mesh.Kind.HOME:
            print("home", event.code, flush=True)
        elif event.id == message and event.kind == mesh.Kind.STORED:
            print("stored", flush=True)
        elif event.id == message and event.kind == mesh.Kind.SENT:
            print("sent", flush=True)
        elif event.id == message and event.kind == mesh.Kind.SETTLED:
            print("settled", event.code, flush=True)
            break
