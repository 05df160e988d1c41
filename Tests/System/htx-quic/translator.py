#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands between a client and a server like a router: passes UDP and TCP on.

Usage: translator.py front-port back-port
SIGUSR1: it forgets the address that it gave the client, and gives it another. SIGUSR2: it passes no UDP any more. SIGHUP: it does again.
"""
import selectors
import signal
import socket
import sys

front_port, back_port = int(sys.argv[1]), int(sys.argv[2])
selector = selectors.DefaultSelector()
passes = True


def udp(port=0):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    made.bind(("127.0.0.1", port))
    made.setblocking(False)
    return made


front = udp(front_port)
outsides = {}
insides = {}


def outside(client):
    if client not in outsides:
        outsides[client] = udp()
        insides[outsides[client]] = client
        selector.register(outsides[client], selectors.EVENT_READ, from_server)
    return outsides[client]


def from_client(_):
    packet, client = front.recvfrom(65536)
    if passes:
        outside(client).sendto(packet, ("127.0.0.1", back_port))


def from_server(made):
    packet, _ = made.recvfrom(65536)
    if passes and made in insides:
        front.sendto(packet, insides[made])


def forget(*_):
    # The old address stays bound, so that nobody else gets it, but nothing that comes to it is passed on.
    for made in outsides.values():
        del insides[made]
    outsides.clear()
    print("forgot", flush=True)


def block(*_):
    global passes
    passes = False
    print("blocked", flush=True)


def unblock(*_):
    global passes
    passes = True
    print("unblocked", flush=True)


def accept(made):
    near, _ = made.accept()
    far = socket.create_connection(("127.0.0.1", back_port))
    for one, other in ((near, far), (far, near)):
        selector.register(one, selectors.EVENT_READ, lambda _, one=one, other=other: carry(one, other))


def carry(one, other):
    try:
        bytes_ = one.recv(65536)
        if bytes_:
            other.sendall(bytes_)
            return
    except OSError:
        pass
    for made in (one, other):
        try:
            selector.unregister(made)
        except (KeyError, ValueError):  # the other one has closed both
            pass
        made.close()


listener = socket.create_server(("127.0.0.1", front_port))
selector.register(front, selectors.EVENT_READ, from_client)
selector.register(listener, selectors.EVENT_READ, accept)
signal.signal(signal.SIGUSR1, forget)
signal.signal(signal.SIGUSR2, block)
signal.signal(signal.SIGHUP, unblock)
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        try:
            key.data(key.fileobj)
        except OSError:
            pass
