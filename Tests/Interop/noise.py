#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs noise-echo against the Python package noiseprotocol, in both roles.

usage: noise.py PATH/TO/noise-echo

Exits with 0 when all checks pass, 1 when one fails, 2 when the package is not installed.
"""
import os
import socket
import struct
import subprocess
import sys
import threading

# This file has the name of the package and would be found in its place.
sys.path = [folder for folder in sys.path if os.path.abspath(folder) != os.path.dirname(os.path.abspath(__file__))]
try:
    from noise.connection import Keypair, NoiseConnection
except ImportError:
    print("noise.py: needs the Python package noiseprotocol", file=sys.stderr)
    sys.exit(2)

NAME = b"Noise_XK_25519_ChaChaPoly_SHA256"
PROLOGUE = b"interop \x00\xff"
ANSWERING, CALLING = bytes(range(1, 33)), bytes(range(33, 65))
SIZES = [0, 1, 15, 16, 17, 1200, 16384, 65519]


def public(private):
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def exactly(sock, count):
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def receive(sock):
    return exactly(sock, struct.unpack(">H", exactly(sock, 2))[0])


def send(sock, message):
    sock.sendall(struct.pack(">H", len(message)) + message)


def noise(initiator, prologue=PROLOGUE, remote=None):
    connection = NoiseConnection.from_name(NAME)
    connection.set_prologue(prologue)
    if initiator:
        connection.set_as_initiator()
        connection.set_keypair_from_private_bytes(Keypair.STATIC, CALLING)
        connection.set_keypair_from_public_bytes(Keypair.REMOTE_STATIC, remote or public(ANSWERING))
    else:
        connection.set_as_responder()
        connection.set_keypair_from_private_bytes(Keypair.STATIC, ANSWERING)
    connection.start_handshake()
    return connection


def start(program):
    """noise-echo as the one who answers, and the address it listens on."""
    process = subprocess.Popen(
        [program, "--listen", "127.0.0.1:0", "--static", ANSWERING.hex(), "--prologue-hex", PROLOGUE.hex(),
         "--timeout", "5"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    host, port = process.stdout.readline().split()[1].decode().rsplit(":", 1)
    assert process.stdout.readline().split()[1].decode() == public(ANSWERING).hex(), "another public key"
    return process, (host, int(port))


def dial(address, prologue=PROLOGUE, remote=None):
    sock = socket.create_connection(address, timeout=10)
    connection = noise(True, prologue, remote)
    send(sock, connection.write_message())
    connection.read_message(receive(sock))
    send(sock, connection.write_message())
    return sock, connection


def closed(sock):
    """Whether the other side closes without another byte."""
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def check_answering(address):
    for _ in range(2):
        sock, connection = dial(address)
        for size in SIZES:
            text = os.urandom(size)
            send(sock, connection.encrypt(text))
            assert connection.decrypt(receive(sock)) == text, f"{size} bytes came back changed"
        sock.close()


def check_refusing(address):
    for arguments in ({"prologue": b"other"}, {"remote": public(CALLING)}):
        try:
            dial(address, **arguments)
        except (EOFError, ConnectionResetError):
            continue
        raise AssertionError(f"a handshake with {arguments} was answered")
    for message in (b"", b"\0" * 48, b"\0" * 65535):
        with socket.create_connection(address, timeout=10) as sock:
            send(sock, message)
            assert closed(sock), "nonsense was answered"
    sock, connection = dial(address)
    sealed = bytearray(connection.encrypt(b"text"))
    sealed[-1] ^= 1
    send(sock, bytes(sealed))
    assert closed(sock), "a changed message was answered"
    sock, connection = dial(address)
    sealed = connection.encrypt(b"text")
    send(sock, sealed)
    connection.decrypt(receive(sock))
    send(sock, sealed)
    assert closed(sock), "a replayed message was answered"


def answer(listener, prologue, spoil, failures):
    """One connection answered in Python; with `spoil` the echo is another text."""
    try:
        sock, _ = listener.accept()
        sock.settimeout(10)
        connection = noise(False, prologue)
        connection.read_message(receive(sock))
        send(sock, connection.write_message())
        connection.read_message(receive(sock))
        while True:
            text = connection.decrypt(receive(sock))
            send(sock, connection.encrypt(text + b"!" if spoil else text))
    except EOFError:
        pass
    except Exception as error:  # A thread's exception would be lost.
        failures.append(error)


def check_calling(program, text, prologue=PROLOGUE, spoil=False, works=True):
    failures = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener, prologue, spoil, failures), daemon=True)
        thread.start()
        address = "127.0.0.1:%d" % listener.getsockname()[1]
        result = subprocess.run(
            [program, "--connect", address, "--static", CALLING.hex(), "--remote", public(ANSWERING).hex(),
             "--prologue-hex", PROLOGUE.hex()],
            input=text, capture_output=True, timeout=30)
        thread.join(10)
    assert (result.returncode == 0) == works, f"ended with {result.returncode}: {result.stderr.decode()}"
    if works:
        assert not failures, f"the Python side failed: {failures}"
        assert f"{len(text)} bytes" in result.stdout.decode(), "not everything was echoed"


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 1
    program = sys.argv[1]
    process, address = start(program)
    try:
        checks = [
            ("noise-echo answers, Python calls", lambda: check_answering(address)),
            ("noise-echo refuses what is wrong", lambda: check_refusing(address)),
            ("noise-echo still answers afterwards", lambda: check_answering(address)),
            ("noise-echo calls, Python answers", lambda: check_calling(program, os.urandom(300000))),
            ("noise-echo notices another prologue",
             lambda: check_calling(program, b"x", prologue=b"other", works=False)),
            ("noise-echo notices a changed echo", lambda: check_calling(program, b"x", spoil=True, works=False)),
        ]
        failed = 0
        for name, check in checks:
            try:
                check()
                print("ok      ", name)
            except Exception as error:
                failed += 1
                print("FAILED  ", name, "-", repr(error))
        return 1 if failed else 0
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
