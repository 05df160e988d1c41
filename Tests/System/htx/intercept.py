# SPDX-License-Identifier: Apache-2.0
"""Ends TLS in the middle: intercept.py PORT CERTIFICATE KEY BEHIND. Whatever is said in one session is said again in
another, so that a ticket passes and only the two sessions differ."""
import socket
import ssl
import sys
import threading

port, certificate, key, behind = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(certificate, key)
client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
client.check_hostname = False
client.verify_mode = ssl.CERT_NONE
for context in (server, client):
    context.set_alpn_protocols(["h2"])


def pump(source, target, name):
    try:
        while data := source.recv(65536):
            print(name, len(data), flush=True)
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(raw):
    try:
        inner = server.wrap_socket(raw, server_side=True)
        outer = client.wrap_socket(socket.create_connection(("127.0.0.1", behind)))
    except OSError as error:
        print("failed", error, flush=True)
        return
    # One thread reads and one writes on each: what is half closed is closed.
    threading.Thread(target=pump, args=(inner, outer, "out"), daemon=True).start()
    pump(outer, inner, "in")


listener = socket.create_server(("127.0.0.1", port))
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
