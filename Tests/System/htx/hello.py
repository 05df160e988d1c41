# SPDX-License-Identifier: Apache-2.0
"""Listens once and prints the JA4 of the ClientHello that comes, by a reader of its own. usage: hello.py PORT"""
import hashlib
import socket
import struct
import sys


def words(data):
    return [value for (value,) in struct.iter_unpack(">H", data)]


def grease(value):
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
data = listener.accept()[0].recv(16384)
body = data[9:]
at = 34 + 1 + body[34]
count = int.from_bytes(body[at:at + 2], "big")
ciphers = [f"{value:04x}" for value in words(body[at + 2:at + 2 + count]) if not grease(value)]
at += 2 + count
at += 1 + body[at] + 2
extensions = {}
while at + 4 <= len(body):
    kind, length = struct.unpack(">HH", body[at:at + 4])
    extensions[kind] = body[at + 4:at + 4 + length]
    at += 4 + length
protocol = extensions[16][3:3 + extensions[16][2]].decode()
version = max(value for value in words(extensions[43][1:]) if not grease(value))
kinds = sorted(f"{kind:04x}" for kind in extensions if not grease(kind) and kind not in (0, 16))
algorithms = [f"{value:04x}" for value in words(extensions[13][2:])]
print(f"t{version - 0x0304 + 13}{'d' if 0 in extensions else 'i'}{len(ciphers):02}"
      f"{sum(not grease(kind) for kind in extensions):02}{protocol[0]}{protocol[-1]}_"
      f"{digest(','.join(sorted(ciphers)))}_{digest(','.join(kinds) + '_' + ','.join(algorithms))}", flush=True)
