#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Points another implementation (PyPI `websockets`) and hand-made frames at websocket-echo.

Usage: websocket.py path/to/websocket-echo

The sections are those of the Autobahn test suite: 1 framing, 2 pings, 3 reserved bits, 4 opcodes, 5 fragmentation,
6 UTF-8, 7 close, 9 limits, 10 fragments over many writes, 12 and 13 compression.
"""
import asyncio
import os
import random
import re
import ssl
import struct
import subprocess
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

FAILED = []
COUNT = 0


def check(section, name, condition):
    global COUNT
    COUNT += 1
    if not condition:
        FAILED.append(f"{section} {name}")
        print(f"FAILED {section} {name}")


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, length=None):
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    mask = 0x80 if masked else 0
    size = len(payload) if length is None else length
    if size < 126:
        head += bytes([mask | size])
    elif size < 65536:
        head += bytes([mask | 126]) + struct.pack(">H", size)
    else:
        head += bytes([mask | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


class Raw:
    """A connection that sends what it likes."""

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", PORT)
        self.writer.write(
            b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def send(self, data, chop=None):
        if chop is None:
            self.writer.write(data)
        else:
            for at in range(0, len(data), chop):
                self.writer.write(data[at:at + chop])
                await self.writer.drain()
                await asyncio.sleep(0)

    async def frames(self):
        """All frames until the end, as (first byte, payload)."""
        found = []
        try:
            while True:
                first, second = await asyncio.wait_for(self.reader.readexactly(2), 5)
                size = second & 0x7F
                if size == 126:
                    size, = struct.unpack(">H", await self.reader.readexactly(2))
                elif size == 127:
                    size, = struct.unpack(">Q", await self.reader.readexactly(8))
                found.append((first, await self.reader.readexactly(size)))
                if first & 0xF == 8:
                    break
        except (asyncio.IncompleteReadError, ConnectionResetError):
            pass
        return found


async def exchange(*parts, chop=None):
    async with Raw() as raw:
        for part in parts:
            await raw.send(part, chop)
        return await raw.frames()


BYE = frame(8, struct.pack(">H", 1000))


async def echoes(section, name, sent, expected, chop=None):
    """Sends frames, then goodbye, and compares everything before the answer to that."""
    got = await exchange(sent + BYE, chop=chop)
    check(section, name, got == expected + [(0x88, struct.pack(">H", 1000))])


async def refused(section, name, sent, code, before=(), chop=None):
    got = await exchange(sent, chop=chop)
    wanted = list(before)
    check(section, name, got[:-1] == wanted and got and got[-1][0] == 0x88
          and got[-1][1][:2] == struct.pack(">H", code))


async def framing():
    for opcode in (1, 2):
        for size in (0, 1, 125, 126, 127, 128, 65535, 65536):
            payload = b"*" * size
            for chop in (None, 997):
                await echoes(1, f"{opcode} {size} {chop}", frame(opcode, payload), [(0x80 | opcode, payload)], chop)


async def pings():
    for payload in (b"", b"Hello", bytes(range(0xF0, 0x100)), b"\xfe" * 125):
        await echoes(2, f"ping {len(payload)}", frame(9, payload), [(0x8A, payload)])
        await echoes(2, f"chopped {len(payload)}", frame(9, payload), [(0x8A, payload)], chop=1)
    await refused(2, "ping of 126 bytes", frame(9, b"x" * 126), 1002)
    await echoes(2, "unsolicited pong", frame(10, b"x") + frame(9, b"y"), [(0x8A, b"y")])
    await echoes(2, "ten pings", b"".join(frame(9, bytes([i])) for i in range(10)), [(0x8A, bytes([i])) for i in range(10)])


async def reserved():
    for rsv in range(1, 8):
        await refused(3, f"text {rsv}", frame(1, b"a") + frame(1, b"b", rsv=rsv), 1002, [(0x81, b"a")])
        await refused(3, f"ping {rsv}", frame(9, b"a", rsv=rsv), 1002)
        await refused(3, f"close {rsv}", frame(8, b"", rsv=rsv), 1002)


async def opcodes():
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        await refused(4, f"opcode {opcode}", frame(1, b"a") + frame(opcode, b"x"), 1002, [(0x81, b"a")])
    await refused(4, "unmasked", frame(1, b"a", masked=False), 1002)


async def fragmentation():
    await refused(5, "fragmented ping", frame(9, b"a", fin=False) + frame(0, b"b"), 1002)
    await refused(5, "fragmented pong", frame(10, b"a", fin=False) + frame(0, b"b"), 1002)
    for chop in (None, 1):
        await echoes(5, "two fragments", frame(1, b"ab", fin=False) + frame(0, b"cd"), [(0x81, b"abcd")], chop)
        await echoes(5, "ping between", frame(1, b"ab", fin=False) + frame(9, b"p") + frame(0, b"cd"),
                     [(0x8A, b"p"), (0x81, b"abcd")], chop)
    await echoes(5, "empty fragments", frame(2, b"", fin=False) + frame(0, b"", fin=False) + frame(0, b""), [(0x82, b"")])
    await refused(5, "continuation first", frame(0, b"a"), 1002)
    await refused(5, "continuation first, not final", frame(0, b"a", fin=False), 1002)
    await refused(5, "text inside text", frame(1, b"a", fin=False) + frame(1, b"b"), 1002)
    await refused(5, "continuation after the end", frame(1, b"a", fin=False) + frame(0, b"b") + frame(0, b"c"), 1002,
                  [(0x81, b"ab")])


async def utf8():
    valid = ["κόσμε", "\u07ff", "\ud7ff", "\ue000", "\ufffd", "\U0010ffff", "\ufffe", "\U0001ffff", "a\x00b"]
    for text in valid:
        data = text.encode()
        await echoes(6, f"valid {data!r}", frame(1, data), [(0x81, data)])
        parts = b"".join(frame(1 if i == 0 else 0, data[i:i + 1], fin=i == len(data) - 1) for i in range(len(data)))
        await echoes(6, f"valid in fragments {data!r}", parts, [(0x81, data)])
    invalid = [b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xff",
               b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xed\xbf\xbf", b"\x80", b"\xc1\xbf", b"\xce", b"\xf0\x80"]
    for data in invalid:
        await refused(6, f"invalid {data!r}", frame(1, data), 1007)
        await refused(6, f"invalid in the last fragment {data!r}", frame(1, b"a", fin=False) + frame(0, data), 1007)
    # The message never ends: the answer must come at the first impossible byte.
    await refused(6, "fails fast between fragments", frame(1, b"\xf4\x90", fin=False), 1007)
    await refused(6, "fails fast inside a frame", frame(1, b"a\xf4\x90", length=1000), 1007)
    await refused(6, "fails fast, chopped", frame(1, b"a\xff", length=1000), 1007, chop=1)


async def closing():
    got = await exchange(frame(8))
    check(7, "empty close", got == [(0x88, b"")])
    await refused(7, "close of one byte", frame(8, b"a"), 1002)
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999):
        got = await exchange(frame(8, struct.pack(">H", code) + b"reason"))
        check(7, f"close {code}", got == [(0x88, struct.pack(">H", code))])
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
        await refused(7, f"bad code {code}", frame(8, struct.pack(">H", code)), 1002)
    await refused(7, "bad reason", frame(8, struct.pack(">H", 1000) + b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80"), 1007)
    await refused(7, "long reason", frame(8, struct.pack(">H", 1000) + b"a" * 124), 1002)
    got = await exchange(frame(8, struct.pack(">H", 1000) + b"a" * 123))
    check(7, "longest reason", got == [(0x88, struct.pack(">H", 1000))])
    got = await exchange(BYE + frame(1, b"late") + frame(9, b"late"))
    check(7, "nothing after close", got == [(0x88, struct.pack(">H", 1000))])
    got = await exchange(frame(1, b"a", fin=False) + BYE)
    check(7, "close inside a message", got == [(0x88, struct.pack(">H", 1000))])


async def limits():
    for size in (1 << 16, 1 << 20, 16 << 20):
        payload = os.urandom(1024) * (size // 1024)
        async with websockets.connect(f"ws://127.0.0.1:{PORT}", max_size=None, compression=None) as other:
            await other.send(payload)
            check(9, f"{size} bytes", await other.recv() == payload)
    payload = os.urandom(1 << 20)
    async with websockets.connect(f"ws://127.0.0.1:{PORT}", max_size=None, compression=None) as other:
        await other.send(payload[i:i + 4096] for i in range(0, len(payload), 4096))
        check(9, "256 fragments", await other.recv() == payload)
        for _ in range(1000):
            await other.send("x" * 100)
        check(9, "1000 messages", [await other.recv() for _ in range(1000)] == ["x" * 100] * 1000)
    await echoes(10, "auto-fragmented", frame(1, b"*" * 65536), [(0x81, b"*" * 65536)], chop=1300)
    async with Raw() as raw:
        await raw.send(frame(2, b"", length=1 << 40))
        got = await raw.frames()
        check(9, "a length over the limit", got[-1][1][:2] == struct.pack(">H", 1009))
    await refused(9, "a length that is not minimal", bytes([0x82, 0xFE, 0, 5]) + b"\0" * 9, 1002)


async def compression():
    settings = [{}, {"server_no_context_takeover": True}, {"client_no_context_takeover": True},
                {"server_max_window_bits": 9}, {"client_max_window_bits": 9},
                {"server_max_window_bits": 15, "client_max_window_bits": 15, "server_no_context_takeover": True}]
    generator = random.Random(7)
    for setting in settings:
        factory = ClientPerMessageDeflateFactory(**setting)
        async with websockets.connect(f"ws://127.0.0.1:{PORT}", max_size=None, compression=None,
                                      extensions=[factory]) as other:
            check(12, f"negotiated {setting}", "permessage-deflate" in other.response.headers.get(
                "Sec-WebSocket-Extensions", ""))
            for size in (0, 1, 16, 64, 256, 1024, 4096, 65536, 131072):
                text = "".join(generator.choice("abc é€😀 the and") for _ in range(size))
                await other.send(text)
                check(12, f"text {size} {setting}", await other.recv() == text)
                data = generator.randbytes(size)
                await other.send(data)
                check(13, f"binary {size} {setting}", await other.recv() == data)
            text = "fragments " * 1000
            await other.send(text[i:i + 700] for i in range(0, len(text), 700))
            check(13, f"fragments {setting}", await other.recv() == text)


async def with_tls(program):
    server = subprocess.Popen([program, "--listen", "127.0.0.1:0", "--tls"], stdout=subprocess.PIPE, text=True)
    try:
        port = re.search(r":(\d+)$", server.stdout.readline().strip()).group(1)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        async with websockets.connect(f"wss://127.0.0.1:{port}", ssl=context, max_size=None) as other:
            for size in (0, 1000, 100_000, 5 << 20):
                data = os.urandom(size)
                await other.send(data)
                check("tls", f"{size} bytes", await other.recv() == data)
    finally:
        server.terminate()
        server.wait()


async def as_client(program):
    """Plays the part of an Autobahn fuzzing server."""
    seen = {}

    async def serve(other):
        path = other.request.path
        seen[path] = seen.get(path, 0) + 1
        if path == "/getCaseCount":
            await other.send("3")
        elif path.startswith("/runCase"):
            for data in ("text é", b"\0\1" * 40_000, ""):
                await other.send(data)
                check("client", f"{path} {len(data)}", await other.recv() == data)
            check("client", f"{path} ping", await asyncio.wait_for(await other.ping(b"p"), 5) is not None)

    async with websockets.serve(serve, "127.0.0.1", 0, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec(program, "--autobahn-client", f"ws://127.0.0.1:{port}", "--deflate")
        await asyncio.wait_for(process.wait(), 20)
    check("client", "visits", len(seen) == 5 and sum(seen.values()) == 5)


async def main(program):
    for section in (framing, pings, reserved, opcodes, fragmentation, utf8, closing, limits, compression):
        await section()
    await with_tls(program)
    await as_client(program)


if __name__ == "__main__":
    ECHO = subprocess.Popen([sys.argv[1], "--listen", "127.0.0.1:0", "--deflate"], stdout=subprocess.PIPE, text=True)
    try:
        PORT = int(re.search(r":(\d+)$", ECHO.stdout.readline().strip()).group(1))
        asyncio.run(main(sys.argv[1]))
    finally:
        ECHO.terminate()
        ECHO.wait()
    print(f"{COUNT - len(FAILED)} of {COUNT} passed")
    sys.exit(1 if FAILED else 0)
