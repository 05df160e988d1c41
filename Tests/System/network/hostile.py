#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attacks the listeners of a node.

hostile.py unix PATH                 garbage in packets of every size
hostile.py http PORT                 upgrades that must be refused, with the right status
hostile.py frames PORT               garbage after a correct upgrade; each connection must be closed
hostile.py tls PORT                  no TLS, TLS 1.2, garbage
hostile.py loris PORT COUNT SECONDS  heads that never end; prints how many connections are open afterwards
hostile.py record PATH               listens as the unix plugin does and prints the first packet of the dialler
hostile.py first PATH COUNT HEX      so many links that begin with this packet and say nothing more
hostile.py firstws PORT COUNT HEX    the same over WebSocket
"""
import base64
import os
import random
import select
import socket
import ssl
import struct
import sys
import time

seed = random.Random(6)


def packet_socket(path):
    end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    end.settimeout(20)
    while True:
        try:
            end.connect(path)
            return end
        except BlockingIOError:
            time.sleep(0.001)


def tcp(port):
    end = socket.create_connection(("127.0.0.1", int(port)), 20)
    end.settimeout(20)
    return end


def all_closed(ends):
    """Waits together for what the node closes one by one."""
    for end in ends:
        until_closed(end)


def until_closed(end):
    got = b""
    try:
        while piece := end.recv(65536):
            got += piece
    except (ConnectionError, ssl.SSLError):
        pass
    end.close()
    return got


def head(path="/mesh", method="GET", version="HTTP/1.1", **other):
    fields = {
        "Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), "Sec-WebSocket-Protocol": "mesh.v1"}
    fields.update({key.replace("_", "-"): value for key, value in other.items()})
    lines = [f"{key}: {value}" for key, value in fields.items() if value is not None]
    return "\r\n".join([f"{method} {path} {version}", *lines, "", ""]).encode()


def upgraded(port):
    end = tcp(port)
    end.sendall(head())
    got = b""
    while b"\r\n\r\n" not in got:
        piece = end.recv(4096)
        if not piece:
            return None
        got += piece
    if not got.startswith(b"HTTP/1.1 101 "):
        sys.exit(f"no upgrade: {got!r}")
    return end


def frame(payload, first=0x82, masked=True, length=None):
    size = len(payload) if length is None else length
    mask = os.urandom(4)
    form = bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size) if size < 1 << 16 else b"\x7f" + struct.pack(">Q", size)
    if masked:
        form = bytes([form[0] | 0x80]) + form[1:] + mask
        payload = bytes(byte ^ mask[at & 3] for at, byte in enumerate(payload))
    return bytes([first]) + form + payload


def unix(path):
    ends = []
    for turn in range(300):
        end = packet_socket(path)
        try:
            for _ in range(seed.randrange(1, 4)):
                end.send(seed.randbytes(seed.choice([1, 2, 16, 64, 200, 1500, 65536, 100_000])))
            if turn % 3 == 0:
                end.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        if turn % 10:
            end.close()
        else:
            ends.append(end)
    all_closed(ends)


def http(port):
    for status, data in [
        (400, b"\r\n\r\n"), (400, seed.randbytes(500) + b"\r\n\r\n"), (400, head(version="HTTP/9")),
        (400, head(Host=None)), (400, head(Sec_WebSocket_Key="short")), (400, b"GET /mesh HTTP/1.1\r\nHost : x\r\n\r\n"),
        (400, head(Content_Length="5") + b"hello"), (403, head(Origin="https://evil.example")), (404, head("/other")),
        (404, head("/mesh/../mesh")), (405, head(method="POST")), (426, head(Sec_WebSocket_Version="8")),
        (431, head(X="x" * 9000)), (431, head(**{f"X{n}": "y" for n in range(100)})),
    ]:
        end = tcp(port)
        end.sendall(data)
        got = until_closed(end)
        if not got.startswith(b"HTTP/1.1 %d " % status):
            sys.exit(f"{data[:80]!r} is answered with {got[:80]!r}, not {status}")
    ends = []
    for _ in range(100):
        end = tcp(port)
        try:
            end.sendall(seed.randbytes(seed.randrange(1, 20_000)))
            end.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        ends.append(end)
    all_closed(ends)


def frames(port):
    garbage = [
        frame(b"x" * 100, masked=False), frame(b"", first=0xC2), frame(b"", first=0x83), frame(b"x" * 126, first=0x89),
        frame(b"", first=0x09), frame(b"", length=1 << 62), frame(b"", length=100_000), frame(b"hello", first=0x81),
        frame(b"", first=0x80), frame(b"x", first=0x88), frame(b"\x03\xe8\xff\xfe", first=0x88), frame(b""),
        frame(seed.randbytes(64)), frame(seed.randbytes(2000)), seed.randbytes(3000),
        b"".join(frame(b"", first=0x02 if n == 0 else 0x00) for n in range(50_000)),
        b"".join(frame(b"x" * 125, first=0x89) for _ in range(20_000)),
    ]
    ends = []
    for data in garbage:
        end = upgraded(port)
        try:
            # What floods must not be waited for in both directions at once.
            end.setblocking(False)
            sent, until = 0, time.monotonic() + 15
            while sent < len(data) and time.monotonic() < until:
                readable, writable, _ = select.select([end], [end], [], 15)
                if readable and not end.recv(65536):
                    break
                if writable:
                    sent += end.send(data[sent:])
            end.setblocking(True)
            end.settimeout(20)
        except OSError:
            pass
        ends.append(end)
    all_closed(ends)


def tls(port):
    ends = []
    for data in (b"GET /mesh HTTP/1.1\r\n\r\n", seed.randbytes(2000), b"\x16\x03\x01\xff\xff" + b"x" * 70_000):
        end = tcp(port)
        try:
            end.sendall(data)
        except OSError:
            pass
        ends.append(end)
    all_closed(ends)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.wrap_socket(tcp(port)).close()
        sys.exit("TLS 1.2 was spoken")
    except (ssl.SSLError, OSError):
        pass


def loris(port, count, seconds):
    ends = [tcp(port) for _ in range(int(count))]
    print("ready", flush=True)
    text, until = head(X="x" * 4000), time.monotonic() + float(seconds)
    for at in range(len(text)):
        if time.monotonic() > until:
            break
        time.sleep(0.2)
        for end in ends:
            try:
                end.send(text[at : at + 1])
            except OSError:
                pass
    open_still = 0
    for end in ends:
        end.settimeout(0.05)
        try:
            while end.recv(4096):
                pass
        except TimeoutError:
            open_still += 1
        except OSError:
            pass
    print("open", open_still, flush=True)


def record(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(8)
    dialler, _ = listener.accept()
    packet = dialler.recv(1 << 17)
    print(packet.hex(), flush=True)
    dialler.close()


def first(path, count, packet):
    ends = []
    for _ in range(int(count)):
        end = packet_socket(path)
        try:
            end.send(bytes.fromhex(packet))
            ends.append(end)
        except OSError:
            pass


def firstws(port, count, packet):
    ends = []
    for _ in range(int(count)):
        try:
            end = upgraded(port)
            end.send(frame(bytes.fromhex(packet)))
            ends.append(end)
        except OSError:
            pass


globals()[sys.argv[1]](*sys.argv[2:])
