#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A path dies while messages are under way; the events tell, and no message is lost.

Usage: failover.py HOME serve | failover.py HOME PEER COUNT
"""
from example import open_home, run, say

import mesh

PROTOCOL = "/example/count/1"
STATES = {mesh.LinkState.CONFIRMED: "works", mesh.LinkState.SUSPECT: "is silent",
          mesh.LinkState.RECOVERED: "works again", mesh.LinkState.CLOSED: "was closed",
          mesh.LinkState.FAILED: "has died"}


def count_messages(node):
    """Expects the numbers from 0 in order; a body of "end" ends a count."""
    following = wrong = 0
    for event in node.events():
        if event.kind != mesh.Kind.MESSAGE:
            continue
        if event.data == b"end":
            say(f"{following} messages in order, {wrong} out of order")
            following = wrong = 0
        elif event.data == str(following).encode():
            following += 1
        else:
            wrong += 1


def watch(node, patience):
    """Takes what waits, or waits; answers how many messages were delivered."""
    delivered = 0
    taken = node.take()
    if not taken:
        node.wait(patience)
    for event in taken:
        if event.kind == mesh.Kind.SETTLED:
            if event.error:
                raise event.error
            delivered += 1
        elif event.kind == mesh.Kind.LINK:
            say(f"{event.transport} {STATES.get(event.link_state, 'has changed')}: {event.text}")
    return delivered


def send_messages(node, name, count):
    peer = node.find_peer(name)
    sent = delivered = 0
    while delivered <= count:
        # A message a millisecond; when there is no room, or all was sent: wait for what comes.
        patience = None
        if sent <= count:
            try:
                node.send(peer, PROTOCOL, str(sent).encode() if sent < count else b"end", mesh.Send.TELL_SETTLED)
                sent, patience = sent + 1, 0.001
            except mesh.Again:
                pass
        delivered += watch(node, patience)
    say(f"{count} sent, {delivered - 1} delivered")


def main(home, peer, count="2000"):
    with open_home(home, "failover") as node:
        if peer == "serve":
            node.serve(PROTOCOL, mesh.Serve.MESSAGES)
            say(f"serving {PROTOCOL}")
            count_messages(node)
        else:
            send_messages(node, peer, int(count))


run(main, 2, "failover.py HOME serve | failover.py HOME PEER COUNT")
