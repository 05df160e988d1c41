#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Visits the site of a node over HTTP/3 with aioquic (PyPI), as a stranger and with tickets that open nothing. Then as many
visitors as a network may have send one byte in 8 KiB of each stream, and never the first: the node's memory stays bounded.

Usage: visit.py path/to/meshd path/to/plugins
"""
import asyncio
import base64
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated
from aioquic.quic.rangeset import RangeSet

# Last, for other files beside this one have names of Python's own.
sys.path.append(str(Path(__file__).parent))
from initials import HOSTILE, abuse  # noqa: E402

FAILED = []
COUNT = 0
FORM = (b"content-type", b"application/x-www-form-urlencoded")


def check(name, condition):
    global COUNT
    COUNT += 1
    if not condition:
        FAILED.append(name)
        print(f"FAILED {name}")


class Visitor(QuicConnectionProtocol):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.http = H3Connection(self._quic)
        self.answers = {}

    async def ask(self, method, path, more=(), body=None):
        stream = self._quic.get_next_available_stream_id()
        self.answers[stream] = ([], bytearray(), asyncio.get_running_loop().create_future())
        self.http.send_headers(stream, [(b":method", method), (b":scheme", b"https"), (b":authority", b"localhost"),
                                        (b":path", path), *more], end_stream=body is None)
        if body is not None:
            self.http.send_data(stream, body, end_stream=True)
        self.transmit()
        await asyncio.wait_for(self.answers[stream][2], 10)
        fields, content, _ = self.answers[stream]
        return [field for field in fields if field[0] != b"date"], bytes(content)

    def quic_event_received(self, event):
        for item in self.http.handle_event(event):
            fields, content, done = self.answers[item.stream_id]
            if isinstance(item, HeadersReceived):
                fields.extend(item.headers)
            elif isinstance(item, DataReceived):
                content.extend(item.data)
            if item.stream_ended and not done.done():
                done.set_result(True)


class Gaps(QuicConnectionProtocol):
    """Bytes far apart on every stream, all of which the node has to keep."""

    error = None
    STREAMS = 120

    def quic_event_received(self, event):
        if isinstance(event, ConnectionTerminated):
            self.error = event.error_code

    def leave(self):
        for _ in range(self.STREAMS):
            number = self._quic.get_next_available_stream_id()
            self._quic.send_stream_data(number, bytes(65_000))
            sender = self._quic._streams[number].sender
            sender._pending = RangeSet([range(at, at + 1) for at in range(4000, 65_000, 8192)])
        self.transmit()


async def flood(port, node, data):
    def resident():
        return int(Path(f"/proc/{node.pid}/statm").read_text().split()[1]) * 4096

    options = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE,
                                server_name="localhost")
    before, errors = resident(), []

    async def one():
        try:
            async with connect("127.0.0.1", port, configuration=options, create_protocol=Gaps) as gaps:
                gaps.leave()
                for _ in range(60):
                    await asyncio.sleep(0.1)
                    if gaps.error is not None:
                        break
                errors.append(gaps.error)
        except ConnectionError:
            errors.append("no connection")

    abusers = [asyncio.create_task(one()) for _ in range(40)]
    most = 0
    for _ in range(50):
        await asyncio.sleep(0.1)
        most = max(most, resident() - before)
    async with connect("127.0.0.1", port, configuration=options, create_protocol=Visitor) as visitor:
        check("a page meanwhile", (await visitor.ask(b"GET", b"/data.bin"))[1] == data)
    await asyncio.gather(*abusers)
    print(f"gaps: {most >> 20} MiB at most, {errors.count(0x107)} of {len(errors)} sent away")
    check(f"memory of gaps: {most >> 20} MiB", most < 64 << 20)
    check(f"excessive load: {errors}", errors.count(0x107) >= 20)


def session(port):
    options = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE,
                                server_name="localhost")
    return connect("127.0.0.1", port, configuration=options, create_protocol=Visitor)


async def visit(port, data):
    async with session(port) as visitor:
        async def status(*arguments, **more):
            fields, content = await visitor.ask(*arguments, **more)
            return dict(fields)[b":status"], content

        fields, content = await visitor.ask(b"GET", b"/")
        check("page", dict(fields)[b":status"] == b"200" and content == b"hello\n")
        check("alt-svc", dict(fields).get(b"alt-svc") == f'h3=":{port}"; ma=86400'.encode())
        check("file", await status(b"GET", b"/data.bin") == (b"200", data))
        check("range", await status(b"GET", b"/data.bin", [(b"range", b"bytes=10-19")]) == (b"206", data[10:20]))
        check("missing", (await status(b"GET", b"/none"))[0] == b"404")
        check("lane of a stranger", (await status(b"POST", b"/?c=0", body=b"x"))[0] == b"405")
        many = await asyncio.gather(*(visitor.ask(b"GET", b"/data.bin") for _ in range(20)))
        check("twenty at once", all(content == data for _, content in many))
        ticket = base64.urlsafe_b64encode(b"\x01" + os.urandom(134)).rstrip(b"=")
        for name, one, other in [
            ("cookie", (b"GET", b"/", [(b"cookie", b"id=" + ticket)]), (b"GET", b"/", [(b"cookie", b"id=1")])),
            ("query", (b"GET", b"/?bn1=" + ticket), (b"GET", b"/?bn1=1")),
            ("body", (b"POST", b"/", [FORM], b"bn1=" + ticket), (b"POST", b"/", [FORM], b"bn1=1")),
        ]:
            check(f"wrong ticket in the {name}", await visitor.ask(*one) == await visitor.ask(*other))


def curl(port, method, path, more):
    """The same request over HTTP/2."""
    fields = [part for name, value in more for part in ("-H", f"{name.decode()}: {value.decode()}")]
    answer = subprocess.run(
        ["curl", "-sk", "--http2", "--path-as-is", "--include", "-X", method.decode(), "-A", "", "-H", "Accept:",
         "-H", "Host: localhost", *fields, f"https://localhost:{port}{path.decode()}"],
        capture_output=True, timeout=10, check=True).stdout
    head, _, content = answer.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    named = [tuple(line.split(b": ", 1)) for line in lines if not line.startswith(b"date: ")]
    return [(b":status", first.split()[1]), *named], content


async def alike(port):
    """HTTP/2 is compared with nginx by site.py; HTTP/3, which Debian's nginx lacks, is compared with HTTP/2."""
    async with session(port) as visitor:
        fields, _ = await visitor.ask(b"GET", b"/data.bin")
        tag, date = (dict(fields)[name] for name in (b"etag", b"last-modified"))
        earlier = b"Thu, 01 Jan 1998 00:00:00 GMT"
        paths = [b"/", b"/index.html", b"/data.bin", b"/data.bin?a=b", b"/none", b"/sub", b"/sub/", b"//data.bin",
                 b"/./data.bin", b"/sub/../data.bin", b"/../data.bin", b"/%2e%2e/data.bin", b"/%64ata.bin", b"/%zz"]
        # No HEAD here: aioquic takes a content-length without its body for an error.
        kinds = [(b"GET", path, []) for path in paths]
        kinds += [(b"GET", b"/data.bin", [field]) for field in [
            (b"range", b"bytes=0-0"), (b"range", b"bytes=-5"), (b"range", b"bytes=299999-"),
            (b"range", b"bytes=300000-"), (b"range", b"bytes=5-1"), (b"range", b"lines=1-2"),
            (b"if-none-match", tag), (b"if-none-match", b'"x"'), (b"if-none-match", b"*"), (b"if-match", tag),
            (b"if-match", b'"x"'), (b"if-modified-since", date), (b"if-modified-since", earlier),
            (b"if-unmodified-since", date), (b"if-unmodified-since", earlier)]]
        kinds += [(b"GET", b"/data.bin", [(b"range", b"bytes=1-3"), (b"if-range", guard)]) for guard in (tag, b'"x"')]
        kinds += [(method, b"/data.bin", []) for method in (b"DELETE", b"OPTIONS", b"PATCH", b"BREW")]
        for method, path, more in kinds:
            over3 = await visitor.ask(method, path, more)
            over2 = await asyncio.to_thread(curl, port, method, path, more)
            check(f"{method.decode()} {path.decode()} {more}: {over3[0]} and {over2[0]}", over3 == over2)


def resident(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


async def bear(port, node):
    """Hostile first packets, thousands of them: the site is there afterwards, and its memory is level."""
    levels = []
    for connections in (1, 80, 80):
        for kind in HOSTILE:
            for begins in (False, True):
                came = abuse(port, kind, connections, begins)
                if connections == 1 and kind == "no frame":
                    check(f"a first packet of ours is read: {came}", came == ("Initial" if begins else "nothing"))
        async with session(port) as visitor:
            fields, content = await visitor.ask(b"GET", b"/")
            check(f"page after {connections} hostile connections of each kind", content == b"hello\n")
        levels.append(resident(node))
    for _ in range(100):
        if resident(node) < levels[1] + 4096:
            break
        await asyncio.sleep(0.1)
    check(f"memory is level: {levels} KiB, then {resident(node)}", resident(node) < levels[1] + 4096)


def main():
    meshd, plugins = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        (folder / "www").mkdir()
        (folder / "www/sub").mkdir()
        (folder / "www/index.html").write_text("hello\n")
        (folder / "www/sub/index.html").write_text("below\n")
        data = os.urandom(300_000)
        (folder / "www/data.bin").write_bytes(data)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (folder / "mesh.yaml").write_text(f"""
transport_priority: [htx]
node: {{ state: {work}/state }}
plugins: {{ directories: [{plugins}], trust: any }}
transports:
  htx: {{ listen: ["htx://127.0.0.1:{port}"], site: {work}/www,
    max_visitors: 1024, max_visitors_per_network: 1024, handshake_timeout: 2s }}
control: {{ socket: {work}/client.sock, admin_socket: {work}/admin.sock }}
""")
        node = subprocess.Popen([meshd, "--config", f"{work}/mesh.yaml"], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            asyncio.run(visit(port, data))
            asyncio.run(alike(port))
            asyncio.run(bear(port, node))
            asyncio.run(flood(port, node, data))
        finally:
            node.kill()
            node.wait()
    print(f"{COUNT - len(FAILED)} passed, {len(FAILED)} failed")
    sys.exit(1 if FAILED else 0)


main()
