#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Questions and answers, a deadline, a refusal. Usage: request.py HOME serve | request.py HOME PEER"""
from example import open_home, run, say

import mesh

PROTOCOL = "/example/sums/1"
NOT_UNDERSTOOD = 400


def answer(node):
    """"add A B" is answered, "sleep" never, all else refused."""
    for event in node.events():
        if event.kind == mesh.Kind.REQUEST_GONE:
            say("an asker has gone")
        if event.kind != mesh.Kind.REQUEST or event.data == b"sleep":
            continue
        words = event.text.split()
        try:
            if len(words) == 3 and words[0] == "add" and words[1].isdigit() and words[2].isdigit():
                node.reply(event.id, str(int(words[1]) + int(words[2])).encode())
            else:
                node.refuse(event.id, NOT_UNDERSTOOD, "only 'add A B' is understood")
        except mesh.MeshError as error:
            if error.code != mesh.ErrorCode.STALE:  # The asker may have gone meanwhile.
                raise


def ask(node, peer, question, deadline):
    """Asks and waits for the end of the request; prints replies. Answers the code it ended with."""
    request = node.request(peer, PROTOCOL, question.encode(), deadline=deadline)
    for event in node.events():
        if event.id != request:
            continue
        if event.kind == mesh.Kind.REPLY:
            say(f"{question}: {event.text}")
        elif event.kind == mesh.Kind.REQUEST_END:
            if event.code == mesh.ErrorCode.REFUSED:
                say(f"{question}: refused with {event.value}: {event.text}")
            elif event.error:
                say(f"{question}: {event.error.name}")
            return event.code


def main(home, name):
    with open_home(home, "request") as node:
        if name == "serve":
            node.serve(PROTOCOL, mesh.Serve.REQUESTS)
            say(f"serving {PROTOCOL}")
            answer(node)
            return
        peer = node.find_peer(name)
        ends = [ask(node, peer, "add 20 22", 10), ask(node, peer, "sleep", 0.3), ask(node, peer, "dance", 10)]
        if ends != [mesh.ErrorCode.OK, mesh.ErrorCode.TIMEOUT, mesh.ErrorCode.REFUSED]:
            raise ValueError(f"unexpected ends: {ends}")


run(main, 2, "request.py HOME serve | request.py HOME PEER")
