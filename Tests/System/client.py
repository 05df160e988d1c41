# SPDX-License-Identifier: Apache-2.0
"""Speaks to the daemons' sockets for the system tests.

client.py tell SOCKET LINE            one line to a relay, and its answer
client.py flow SOCKET PEER PROTOCOL   numbered messages over one connection until SIGTERM; then waits for their fates
client.py hold SOCKET PROTOCOL        waits for one message and ends without having released it
client.py copy SOCKET PEER NAME       offers an empty file under a name with escapes such as \\0, prints the answer
client.py serve SOCKET PROTOCOL FILE  writes the content of what arrives to FILE, a line each, until SIGTERM
"""
import hashlib
import select
import signal
import socket
import struct
import sys
import time

WINDOW = 16  # messages under way at a time
PACE = 0.002  # seconds between two of them


def head(major, number):
    for low, code, form in ((24, None, "B"), (1 << 8, 24, "B"), (1 << 16, 25, ">H"), (1 << 32, 26, ">I"), (1 << 64, 27, ">Q")):
        if number < low:
            return bytes([major << 5 | number]) if code is None else bytes([major << 5 | code]) + struct.pack(form, number)


def encode(value):
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    pairs = sorted((encode(key), encode(entry)) for key, entry in value.items())
    return head(5, len(pairs)) + b"".join(key + entry for key, entry in pairs)


def decode(data, at=0):
    major, low = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        return {20: False, 21: True, 22: None}[low], at
    if low >= 24:
        size = 1 << (low - 24)
        low, at = int.from_bytes(data[at:at + size], "big"), at + size
    if major == 0:
        return low, at
    if major == 1:
        return -1 - low, at
    if major in (2, 3):
        part = data[at:at + low]
        return (part if major == 2 else part.decode()), at + low
    result = []
    for _ in range(low * (2 if major == 5 else 1)):
        entry, at = decode(data, at)
        result.append(entry)
    return (dict(zip(result[::2], result[1::2])) if major == 5 else result), at


class Control:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.pending = b""
        self.ids = 0

    def request(self, method, **params):
        self.ids += 1
        body = encode({"id": self.ids, "method": method, "params": params})
        self.socket.sendall(struct.pack(">I", len(body)) + body)
        return self.ids

    def messages(self, timeout):
        if select.select([self.socket], [], [], timeout)[0]:
            data = self.socket.recv(1 << 16)
            if not data:
                raise EOFError("the daemon closed the connection")
            self.pending += data
        while len(self.pending) >= 4:
            length = struct.unpack(">I", self.pending[:4])[0]
            if len(self.pending) < 4 + length:
                return
            body, self.pending = self.pending[4:4 + length], self.pending[4 + length:]
            yield decode(body)[0]


def flow(path, peer, protocol):
    control, open_calls, sent, bad, longest, last = Control(path), {}, 0, [], 0.0, 0.0
    while True:
        now = time.monotonic()
        if not stopped and len(open_calls) < WINDOW and now - last >= PACE:
            call = control.request(
                "send", peer=peer, protocol_name=protocol, payload=b"%d" % sent, lifetime=60_000_000_000,
                traffic_class="interactive")
            open_calls[call] = (sent, now)
            sent, last = sent + 1, now
        if stopped and not open_calls:
            break
        for message in control.messages(PACE if len(open_calls) < WINDOW else 0.1):
            if "event" in message or message["id"] not in open_calls:
                continue
            number, began = open_calls.pop(message["id"])
            longest = max(longest, time.monotonic() - began)
            if message.get("result", {}).get("state") != "delivered":
                bad.append((number, message))
    print(sent, "sent, longest", round(longest * 1000), "ms")
    for number, message in bad:
        print("not delivered:", number, message)
    sys.exit(1 if bad else 0)


def serve(path, protocol, file):
    control = Control(path)
    call = control.request("listen", protocol_name=protocol, window=64)
    with open(file, "w") as out:
        while not stopped:
            for message in control.messages(0.1):
                if "error" in message:
                    sys.exit(f"the daemon says {message}")
                if message["id"] != call or "event" not in message:
                    continue
                event = message["event"]
                print(event["payload"].decode(), file=out, flush=True)
                control.request("release", subscription=call, message=event["message"])


def hold(path, protocol):
    control = Control(path)
    control.request("listen", protocol_name=protocol, window=64)
    while not stopped:
        for message in control.messages(0.1):
            if "event" in message:
                return


def copy(path, peer, name):
    control = Control(path)
    name = name.encode().decode("unicode_escape")
    control.request("copy.send", peer=peer, file_name=name, size=0, digest=hashlib.sha256().digest(), force=False)
    while True:
        for message in control.messages(5):
            if "error" in message or "result" in message:
                return print(message)


def tell(path, line):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(30)
    connection.connect(path)
    connection.sendall(line.encode() + b"\n")
    print(connection.recv(200).decode(), end="")


stopped = []
if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    {"flow": flow, "hold": hold, "copy": copy, "serve": serve, "tell": tell}[sys.argv[1]](*sys.argv[2:])
