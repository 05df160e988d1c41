#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Points aioquic (PyPI) and ngtcp2's programs (Debian) at http3-site, and http3-site at them.

Usage: http3.py path/to/http3-site
"""
import asyncio
import datetime
import hashlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import serve
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.packet import QuicProtocolVersion
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

FAILED = []
COUNT = 0
PAGE = bytes(97 + i % 26 for i in range(100_000))


def check(name, condition):
    global COUNT
    COUNT += 1
    if not condition:
        FAILED.append(name)
        print(f"FAILED {name}")


class Client(QuicConnectionProtocol):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.http = H3Connection(self._quic)
        self.answers = {}

    async def ask(self, method, path):
        stream = self._quic.get_next_available_stream_id()
        self.answers[stream] = ([], bytearray(), asyncio.get_running_loop().create_future())
        self.http.send_headers(stream, [(b":method", method), (b":scheme", b"https"), (b":authority", b"localhost"),
                                        (b":path", path)], end_stream=True)
        self.transmit()
        await asyncio.wait_for(self.answers[stream][2], 10)
        fields, body, _ = self.answers[stream]
        return dict(fields), bytes(body)

    def quic_event_received(self, event):
        for item in self.http.handle_event(event):
            fields, body, done = self.answers[item.stream_id]
            if isinstance(item, HeadersReceived):
                fields.extend(item.headers)
            elif isinstance(item, DataReceived):
                body.extend(item.data)
            if item.stream_ended and not done.done():
                done.set_result(True)


def configuration(**options):
    return QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE,
                             server_name="localhost", **options)


async def visit(port, name, retries=0, **options):
    async with connect("127.0.0.1", port, configuration=configuration(**options), create_protocol=Client) as client:
        quic = client._quic
        check(f"{name}: Retry", (quic._retry_count, quic._retry_source_connection_id is None) == (retries, retries == 0))
        fields, body = await client.ask(b"GET", b"/")
        check(f"{name}: GET", fields.get(b":status") == b"200" and body == PAGE)
        # No HEAD here: aioquic takes a content-length without its body for an error.
        fields, _ = await client.ask(b"GET", b"/nothing")
        check(f"{name}: 404", fields.get(b":status") == b"404")
        answers = await asyncio.gather(*(client.ask(b"GET", b"/") for _ in range(50)))
        check(f"{name}: 50 at once", all(body == PAGE for _, body in answers))
        client.request_key_update()
        fields, body = await client.ask(b"GET", b"/")
        check(f"{name}: after a change of keys", body == PAGE)
        client.change_connection_id()
        fields, body = await client.ask(b"GET", b"/")
        check(f"{name}: with another connection id", body == PAGE)


class Server(QuicConnectionProtocol):
    retried = []

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.http = None
        self.retried.append(self._quic._retry_source_connection_id is not None)

    def quic_event_received(self, event):
        if self.http is None:
            self.http = H3Connection(self._quic)
        for item in self.http.handle_event(event):
            if isinstance(item, HeadersReceived):
                found = dict(item.headers)[b":path"] == b"/"
                self.http.send_headers(item.stream_id, [(b":status", b"200" if found else b"404")], end_stream=not found)
                if found:
                    self.http.send_data(item.stream_id, PAGE, end_stream=True)
                self.transmit()


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(7).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    (folder / "c.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "k.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return hashlib.sha256(key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).hexdigest()


async def fetch(program, port, pin, path):
    process = await asyncio.create_subprocess_exec(
        program, "--get", f"127.0.0.1:{port}", "--pin", pin, path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, error = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, output.decode().strip(), error.decode().strip()


async def be_visited(program):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pin = certificate(folder)
        options = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
        options.load_cert_chain(folder / "c.pem", folder / "k.pem")
        for retry in (False, True):
            server = await serve("127.0.0.1", 0, configuration=options, create_protocol=Server, retry=retry)
            port = server._transport.get_extra_info("sockname")[1]
            what = "their server with Retry" if retry else "their server"
            check(f"{what}: GET", await fetch(program, port, pin, "/") == (0, "200 100000", ""))
            check(f"{what}: 404", await fetch(program, port, pin, "/nothing") == (0, "404 0", ""))
            code, _, _ = await fetch(program, port, "00" * 32, "/")
            check(f"{what}: a wrong key is refused", code == 1)
            check(f"{what}: Retry", Server.retried == 3 * [retry])
            Server.retried.clear()
            server.close()


async def debian(program):
    """Debian's ngtcp2-client and ngtcp2-server, where they are installed."""
    if not shutil.which("gtlsclient") or not shutil.which("gtlsserver"):
        print("http3: gtlsclient and gtlsserver are not here (packages ngtcp2-client, ngtcp2-server): left out")
        return
    site = subprocess.Popen([program, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        port = re.search(r"listening on (\d+)", site.stdout.readline())[1]
        said = subprocess.run(["gtlsclient", "--exit-on-all-streams-close", "127.0.0.1", port, "https://localhost/"],
                              capture_output=True, timeout=20)
        said = said.stdout + said.stderr
        check("gtlsclient: confirmed", b"handshake has been confirmed" in said)
        check("gtlsclient: GET", b"[:status: 200]" in said)
    finally:
        site.kill()
        site.wait()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pin = certificate(folder)
        (folder / "index.html").write_bytes(PAGE)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen(["gtlsserver", "-q", "-d", name, "127.0.0.1", str(port), str(folder / "k.pem"),
                                   str(folder / "c.pem")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            await asyncio.sleep(0.5)
            check("gtlsserver: GET", await fetch(program, port, pin, "/index.html") == (0, "200 100000", ""))
            code, said, _ = await fetch(program, port, pin, "/nothing")
            check("gtlsserver: 404", code == 0 and said.startswith("404 "))
        finally:
            server.kill()
            server.wait()


async def run(program):
    for arguments, name in (([], "our server"), (["--retry"], "our server with Retry")):
        site = subprocess.Popen([program, "--listen", "127.0.0.1:0", *arguments], stdout=subprocess.PIPE, text=True)
        try:
            port = int(re.search(r"listening on (\d+)", site.stdout.readline())[1])
            await visit(port, name, retries=len(arguments))
            if not arguments:
                # It begins with a version that the server does not speak, and is told those that it does.
                await visit(port, "version negotiation", supported_versions=[0x1A2A3A4A, QuicProtocolVersion.VERSION_1],
                            original_version=0x1A2A3A4A)
        finally:
            site.kill()
            site.wait()
    await be_visited(program)
    await debian(program)


asyncio.run(run(sys.argv[1]))
print(f"http3: {COUNT - len(FAILED)} of {COUNT} passed")
sys.exit(1 if FAILED else 0)
