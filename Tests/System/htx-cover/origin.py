# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 as far as its first frames. origin.py serve PORT CERTIFICATE KEY answers whoever comes with settings of its own and an
empty page, and prints one line for each; origin.py ask PORT prints the settings of a server."""
import socket
import ssl
import struct
import sys

SETTINGS = [(3, 100), (4, 65535), (6, 32768)]


def serve(port, certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server(("127.0.0.1", port))
    print("ready", flush=True)
    body = b"".join(struct.pack(">HI", *entry) for entry in SETTINGS)
    while True:
        try:
            with context.wrap_socket(listener.accept()[0], server_side=True) as peer:
                peer.settimeout(10)
                peer.sendall(struct.pack(">I", len(body))[1:] + b"\x04\x00" + bytes(4) + body)
                peer.recv(65536)
                peer.sendall(bytes((0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88)))
                print("asked", flush=True)
                while peer.recv(65536):
                    pass
        except OSError:
            pass


def ask(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10)) as peer:
        peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
        data = b""
        while len(data) < 9 or len(data) < 9 + int.from_bytes(data[:3], "big"):
            data += peer.recv(65536)
        entries = struct.iter_unpack(">HI", data[9:9 + int.from_bytes(data[:3], "big")])
        print(" ".join(f"{number}={value}" for number, value in entries))


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]), sys.argv[3], sys.argv[4])
else:
    ask(int(sys.argv[2]))
