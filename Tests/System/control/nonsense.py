#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Talks nonsense to a control socket. usage: nonsense.py SOCKET random|length|deep|half|idle|shapes|calls|unread"""
import random
import socket
import struct
import sys
import time

path, kind = sys.argv[1], sys.argv[2]
seed = random.Random(20)


def connect():
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(15)
    end.connect(path)
    return end


def until_closed(end):
    """What comes until the daemon hangs up; an error when it does not."""
    got = b""
    try:
        while piece := end.recv(65536):
            got += piece
    except ConnectionError:
        pass
    end.close()
    return got


def frame(body):
    return struct.pack(">I", len(body)) + body


def text(word):
    return bytes([0x60 + len(word)]) + word.encode() if len(word) < 24 else b"\x78" + bytes([len(word)]) + word.encode()


def request(number, method, params=b"\xa0"):
    """{"id", "method", "params"} as deterministic CBOR (RFC 8949, section 4.2)."""
    identity = bytes([number]) if number < 24 else b"\x18" + bytes([number])
    return frame(b"\xa3" + text("id") + identity + text("method") + text(method) + text("params") + params)


def refused(data, words):
    end = connect()
    end.sendall(data)
    answer = until_closed(end)
    if not any(word.encode() in answer for word in words):
        sys.exit(f"{kind}: not refused with {words}: {answer!r}")


if kind == "random":
    for _ in range(200):
        end = connect()
        try:
            end.sendall(seed.randbytes(seed.randrange(1, 5000)))
            end.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        until_closed(end)
elif kind == "length":
    for length in (0, 1 << 20 | 1, 1 << 31, 0xFFFFFFFF):
        refused(struct.pack(">I", length) + b"x" * 100, ["MESH_E_PROTOCOL"])
elif kind == "deep":
    refused(frame(b"\x81" * 1000 + b"\x00"), ["MESH_E_PROTOCOL"])
    refused(frame(b"\xa1\x00" * 1000 + b"\x00"), ["MESH_E_PROTOCOL"])
    refused(frame(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), ["MESH_E_PROTOCOL"])
    refused(frame(b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff"), ["MESH_E_PROTOCOL"])
    refused(frame(b"\x98\xff" + b"\xf6" * 255), ["MESH_E_INVALID"])
    refused(frame(b"\x9f\x00\xff"), ["MESH_E_PROTOCOL"])
elif kind == "half":
    # Cut off by the daemon within its limit of ten seconds.
    began = time.monotonic()
    ends = [connect() for _ in range(20)]
    for number, end in enumerate(ends):
        end.sendall(struct.pack(">I", 1000)[: number % 4 + 1] + b"x" * (number if number % 4 == 3 else 0))
    for end in ends:
        until_closed(end)
    if time.monotonic() - began > 14:
        sys.exit("half a message is waited for without end")
elif kind == "idle":
    ends = []
    while len(ends) < 400:
        try:
            ends.append(connect())
        except BlockingIOError:
            # More at once than the kernel queues.
            time.sleep(0.001)
    print("ready", flush=True)
    sys.stdin.read()
elif kind == "shapes":
    refused(request(1, "nothing.of.the.kind") + frame(b"\x00"), ["MESH_E_UNSUPPORTED"])
    refused(request(1, "status", b"\x01") + frame(b"\x00"), ["MESH_E_INVALID", "MESH_E_PROTOCOL"])
    refused(request(1, "ping", b"\xa1" + text("peer") + b"\x01") + frame(b"\x00"), ["MESH_E_INVALID", "MESH_E_PROTOCOL"])
    refused(request(0, "status"), ["MESH_E_PROTOCOL"])
    refused(frame(b"\xa2" + text("id") + b"\x01" + text("result") + b"\xa0"), ["MESH_E_PROTOCOL"])
    refused(frame(b"\xa1" + text("id") + b"\x01"), ["MESH_E_PROTOCOL"])
    refused(frame(b"\xa1" + text("method") + text("status")), ["MESH_E_PROTOCOL", "MESH_E_INVALID"])
    # Data, credit and the end of calls that nobody made are of no interest.
    end = connect()
    end.sendall(frame(b"\xa2" + text("id") + b"\x07" + text("data") + b"\x41x"))
    end.sendall(frame(b"\xa2" + text("id") + b"\x07" + text("cancel") + b"\xf5") + request(1, "status"))
    if b"result" not in end.recv(65536):
        sys.exit("shapes: a cancel of nothing ends the connection")
elif kind == "calls":
    end = connect()
    for number in range(1, 100):
        name = text(f"/many/{number}")
        end.sendall(request(number, "listen", b"\xa2" + text("window") + b"\x01" + text("protocol_name") + name))
    end.sendall(frame(b"\x00"))
    answers = until_closed(end)
    if answers.count(b"MESH_E_LIMIT") != 99 - 64:
        sys.exit(f"calls: {answers.count(b'MESH_E_LIMIT')} of 99 were refused, not 35")
elif kind == "unread":
    # Asks and asks, and reads nothing: the daemon stops reading at its limit, and hangs up in the end.
    end = connect()
    end.settimeout(0.5)
    sent = 0
    try:
        while sent < 200_000_000:
            sent += end.send(request(1, "metrics") * 1000)
    except (TimeoutError, ConnectionError):
        pass
    if sent > 100_000_000:
        sys.exit("a client that reads nothing is listened to without end")
