#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A node calibrates itself against an origin over HTTP/2 (ssl) and HTTP/3 (aioquic, PyPI) with settings of its own; a visitor
(aioquic) then reads the same from the node.

Usage: calibrate.py path/to/meshd path/to/meshctl path/to/plugins
"""
import asyncio
import hashlib
import datetime
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import serve
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.logger import QuicLogger
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SECOND = [(3, 100), (4, 65535), (6, 32768)]
THIRD = {7: 33, 0x21: 1, 1: 2222}
SAID = ["max_idle_timeout", "initial_max_data", "initial_max_stream_data_bidi_local",
        "initial_max_stream_data_bidi_remote", "initial_max_stream_data_uni", "initial_max_streams_bidi",
        "initial_max_streams_uni", "active_connection_id_limit", "max_datagram_frame_size", "ack_delay_exponent",
        "max_ack_delay"]
DEFAULTS = {"ack_delay_exponent": 3, "max_ack_delay": 25}
FAILED = []
COUNT = 0


def check(name, condition, more=""):
    global COUNT
    COUNT += 1
    if not condition:
        FAILED.append(name)
        print(f"FAILED {name} {more}")


class Third(H3Connection):
    def _get_local_settings(self):
        return dict(THIRD)


class Origin(QuicConnectionProtocol):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.http = None

    def quic_event_received(self, event):
        self.http = self.http or Third(self._quic)
        for item in self.http.handle_event(event):
            if isinstance(item, HeadersReceived):
                self.http.send_headers(item.stream_id, [(b":status", b"200")], end_stream=True)
                self.transmit()


class Visitor(QuicConnectionProtocol):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.http = H3Connection(self._quic)

    def quic_event_received(self, event):
        self.http.handle_event(event)


def second(port, certificate, key):
    """HTTP/2 as far as the first answer, which says that there is HTTP/3."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server(("127.0.0.1", port))

    def run():
        alternative = f'h3=":{port}"; ma=4321; persist=1'.encode()
        head = b"\x88\x00\x07alt-svc" + bytes([len(alternative)]) + alternative
        body = b"".join(struct.pack(">HI", *entry) for entry in SECOND)
        while True:
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True) as peer:
                    peer.settimeout(10)
                    peer.sendall(struct.pack(">I", len(body))[1:] + b"\x04\x00" + bytes(4) + body)
                    peer.recv(65536)
                    peer.sendall(struct.pack(">I", len(head))[1:] + b"\x01\x05" + struct.pack(">I", 1) + head)
                    while peer.recv(65536):
                        pass
            except OSError:
                pass

    threading.Thread(target=run, daemon=True).start()


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=2)).sign(key, hashes.SHA256()))
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()


async def visit(port):
    """What a server says: settings of HTTP/3 in their order, parameters, and its Alt-Svc."""
    log = QuicLogger()
    options = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE,
                                server_name="localhost", quic_logger=log, max_datagram_frame_size=65535)
    async with connect("127.0.0.1", port, configuration=options, create_protocol=Visitor) as visitor:
        for _ in range(50):
            await asyncio.sleep(0.1)
            if visitor.http.received_settings is not None:
                break
        settings = visitor.http.received_settings
    events = [event for trace in log.to_dict()["traces"] for event in trace["events"]]
    remote = [event["data"] for event in events if event["name"] == "transport:parameters_set"
              and event["data"]["owner"] == "remote"]
    return list(settings.items()), {name: remote[0].get(name) or DEFAULTS.get(name) for name in SAID}


async def run(meshd, meshctl, plugins, folder):
    pin = certificate(folder)
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    origin, port = ports
    second(origin, folder / "cert.pem", folder / "key.pem")
    options = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN, idle_timeout=61.0, max_data=1_234_567,
                                max_stream_data=77_777, max_datagram_frame_size=1200)
    options.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    await serve("127.0.0.1", origin, configuration=options, create_protocol=Origin)
    expected = await visit(origin)
    check("the origin is odd", expected[0] == list(THIRD.items()), expected)
    (folder / "mesh.yaml").write_text(f"""
transport_priority: [htx]
node: {{ state: {folder}/state }}
plugins: {{ directories: [{plugins}], trust: any }}
transports:
  htx:
    listen: ["htx://127.0.0.1:{port}"]
    calibration_origin: "https://127.0.0.1:{origin}/#pin=sha256:{pin}"
    cover_delay: 100ms
control: {{ socket: {folder}/client.sock, admin_socket: {folder}/admin.sock }}
""")
    node = subprocess.Popen([meshd, "--config", f"{folder}/mesh.yaml"], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    try:
        found = None
        for _ in range(100):
            await asyncio.sleep(0.1)
            try:
                found = await visit(port)
            except (ConnectionError, OSError):
                continue
            if found[0] == expected[0]:
                break
        check("settings of HTTP/3", found[0] == expected[0], found)
        check("parameters", found[1] == expected[1], f"{found} is not {expected}")
        told = await asyncio.to_thread(subprocess.run, [meshctl, "--socket", f"{folder}/admin.sock", "htx", "calibration"],
                                       capture_output=True, text=True)
        check("meshctl", "7=33 33=1 1=2222 max_idle_timeout=61000" in told.stdout, told)
        page = await asyncio.to_thread(
            subprocess.run, ["curl", "--silent", "--insecure", "--max-time", "10", "--dump-header", "-", "--output",
                             "/dev/null", f"https://127.0.0.1:{port}/"], capture_output=True, text=True)
        check("alt-svc", f'alt-svc: h3=":{port}"; ma=4321; persist=1' in page.stdout, page.stdout)
    finally:
        node.kill()
        node.wait()


def main():
    with tempfile.TemporaryDirectory() as work:
        asyncio.run(run(*sys.argv[1:4], Path(work)))
    print(f"{COUNT - len(FAILED)} passed, {len(FAILED)} failed")
    sys.exit(1 if FAILED else 0)


main()
