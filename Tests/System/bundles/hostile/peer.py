# SPDX-License-Identifier: Apache-2.0
"""A peer that keeps to no rule of TCPCLv4, MTCP or STCP: hostile.py WHAT PORT. Ends when the node has closed, or after
what it does was done; prints what it saw."""
import os
import random
import select
import socket
import struct
import sys
import time

CONTACT = b"dtn!\x04\x00"


def dial(port):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.settimeout(30)
    return connection


def initiation(name=b"dtn://stranger/", keep_alive=0):
    return b"\x07" + struct.pack(">HQQH", keep_alive, 1 << 20, 1 << 30, len(name)) + name + struct.pack(">I", 0)


def session(port):
    connection = dial(port)
    connection.sendall(CONTACT + initiation())
    connection.recv(4096)
    return connection


def segment(flags, transfer, data, announced=None):
    head = struct.pack(">BBQ", 1, flags, transfer)
    if flags & 2:
        head += struct.pack(">I", 0)
    return head + struct.pack(">Q", len(data) if announced is None else announced) + data


def garbage(port):
    """Random bytes, with a beginning that is right up to some point."""
    chance = random.Random(7)
    for number in range(200):
        right = [b"", CONTACT, CONTACT + initiation(), CONTACT + initiation() + b"\x01\x03"][number % 4]
        try:
            with dial(port) as connection:
                connection.sendall(right + chance.randbytes(chance.randrange(1, 3000)))
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
        except OSError:
            pass


def endless(port):
    """Bundles that never end, over many sessions, 8 MiB each."""
    connections = [session(port) for _ in range(30)]
    sent = ended = 0
    for connection in connections:
        try:
            connection.sendall(segment(2, 0, bytes(1 << 20)))
            for _ in range(7):
                connection.sendall(segment(0, 0, bytes(1 << 20)))
            sent += 1
        except OSError:
            ended += 1
    # The system takes most of it before the node has read it, and the node may not be done when that is.
    end = time.monotonic() + 20
    while ended == 0 and time.monotonic() < end:
        for connection in select.select(connections, [], [], 0.2)[0]:
            try:
                ended += connection.recv(65536) == b""
            except OSError:
                ended += 1
    print(f"{sent} sent, {ended} ended")


def deaf(port):
    """Sends bundles that are none and reads no answer."""
    connection = session(port)
    connection.settimeout(1)
    try:
        for number in range(200_000):
            connection.sendall(segment(3, number, b"\x9f\xff"))
    except OSError:
        pass
    print("made to wait")
    time.sleep(1)


def crowd(port):
    """More connections than there may be, which say nothing."""
    connections = []
    for _ in range(int(os.environ.get("CROWD", "80"))):
        connections.append(dial(port))
    time.sleep(1)


def framed(port):
    """A length that nobody has, and an item that is none."""
    for data in (b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", b"\xff\xff\xff\xff", b"\x9f", b"\x5a\x00\x10\x00\x00" + bytes(10)):
        with dial(port) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            try:
                while connection.recv(4096):
                    pass
            except OSError:
                pass


if __name__ == "__main__":
    {one.__name__: one for one in (garbage, endless, deaf, crowd, framed)}[sys.argv[1]](int(sys.argv[2]))
