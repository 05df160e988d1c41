# SPDX-License-Identifier: Apache-2.0
"""Speaks raw records to two running daemons; see application_record.h.

records.py SOCKET_A SOCKET_B      client sockets of nodes that know each other as a and b
"""
import os
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import client  # noqa: E402

COMMAND = struct.Struct("=IIQQQQQIHBBII")
EVENT = struct.Struct("=IiQQQQQQIHH")
PROTOCOL, FLOW, SERVE, UNSERVE, SEND, CANCEL, OPEN, DATA, FINISH = range(1, 10)
RELEASE, SUBSCRIBE = 14, 19
ON_MESSAGE, ON_SETTLED, ON_STREAM, ON_DATA, ON_END = 1, 3, 4, 5, 6
ON_CREDIT, ON_PEER_NAME, ON_ANSWER = 0x100, 0x102, 0x103
TELL_SETTLED = 8


class Application:
    def __init__(self, path, event_bytes=1 << 20):
        control = client.Control(path)
        control.request("application.attach", version=1, application="records.py", event_bytes=event_bytes)
        answer = next(iter(control.messages(30)))
        assert answer["result"]["version"] == 1 and len(answer["result"]["id"]) == 32, answer
        self.socket, self.pending, self.events, self.ids = control.socket, control.pending, [], 0
        self.path = path

    def command(self, kind, flags=0, id=0, token=0, peer=0, lifetime=0, value=0, tclass=0, protocol=0, meta=b"", data=b""):
        head = COMMAND.pack(kind, flags, id, token, peer, lifetime, value, len(data), len(meta), tclass, 0, protocol, 0)
        record = head + meta + data
        return record + b"\0" * (-len(record) % 8)

    def write(self, data):
        self.socket.sendall(data)

    def read(self, timeout):
        if select.select([self.socket], [], [], timeout)[0]:
            data = self.socket.recv(1 << 20)
            if not data:
                raise EOFError("cut off")
            self.pending += data
        at = 0
        while len(self.pending) - at >= 64:
            kind, code, id, token, peer, _, _, value, length, meta, flags = EVENT.unpack_from(self.pending, at)
            size = (64 + meta + length + 7) & ~7
            if len(self.pending) - at < size:
                break
            start = at + 64
            self.events.append((kind, code, id, token, peer, value, self.pending[start:start + meta],
                                self.pending[start + meta:start + meta + length]))
            at += size
        self.pending = self.pending[at:]

    def wait(self, kind, count=1, timeout=45):
        end = time.monotonic() + timeout
        while sum(event[0] == kind for event in self.events) < count:
            assert time.monotonic() < end, f"no {count} events of kind {kind}: {[event[:3] for event in self.events[-20:]]}"
            self.read(0.1)
        return [event for event in self.events if event[0] == kind]

    def peer(self, name):
        control = client.Control(self.path)
        control.request("peer.info", peer=name)
        return next(iter(control.messages(30)))["result"]["number"]


def is_cut_off(application):
    try:
        for _ in range(200):
            application.read(0.2)
    except (EOFError, ConnectionError):
        return True
    return False


def main(path_a, path_b):
    sender, receiver = Application(path_a), Application(path_b)
    name = b"/records/1"
    receiver.write(receiver.command(PROTOCOL, data=name) + receiver.command(SERVE, flags=3, token=7))
    assert receiver.wait(ON_ANSWER)[0][1] == 0
    second = Application(path_b)
    second.write(second.command(PROTOCOL, data=name) + second.command(SERVE, flags=3))
    assert second.wait(ON_ANSWER)[0][1] == -26
    print("ok: one application serves a name, the second is told that it is busy")

    count, peer = 2000, sender.peer("b")
    declare = sender.command(PROTOCOL, data=name) + sender.command(FLOW, peer=peer)
    batch = b"".join(
        sender.command(SEND, flags=TELL_SETTLED, id=number + 1, data=b"%d" % number) for number in range(count))
    # Cut anywhere, also within headers.
    stream, at = declare + batch, 0
    while at < len(stream):
        size = (at * 7919) % 5000 + 1
        sender.write(stream[at:at + size])
        at += size
    messages = receiver.wait(ON_MESSAGE, count)
    assert [event[7] for event in messages] == [b"%d" % number for number in range(count)]
    assert not any(event[0] == ON_SETTLED for event in sender.events)
    receiver.write(b"".join(receiver.command(RELEASE, id=event[2]) for event in reversed(messages)))
    settled = sender.wait(ON_SETTLED, count)
    assert all(event[1] == 0 for event in settled) and [event[2] for event in settled] == list(range(1, count + 1))
    sender.wait(ON_CREDIT)
    print(f"ok: {count} messages in records cut anywhere, released backwards, each settled once")

    sender.write(sender.command(OPEN, id=1, token=5, peer=peer, meta=b"about") + sender.command(DATA, id=1, data=b"x" * 300000)
                 + sender.command(FINISH, id=1))
    opened = receiver.wait(ON_STREAM)[0]
    assert opened[6] == b"about"
    receiver.wait(ON_END)
    content = b"".join(event[7] for event in receiver.events if event[0] == ON_DATA)
    assert content == b"x" * 300000, len(content)
    receiver.write(receiver.command(DATA, id=opened[2], data=b"back") + receiver.command(FINISH, id=opened[2]))
    sender.wait(ON_END)
    assert [event[7] for event in sender.events if event[0] == ON_DATA] == [b"back"]
    print("ok: a stream both ways")

    lazy = Application(path_b, event_bytes=65536)
    lazy.write(lazy.command(PROTOCOL, data=b"/lazy/1") + lazy.command(SERVE, flags=1))
    lazy.wait(ON_ANSWER)
    sender.write(sender.command(PROTOCOL, protocol=1, data=b"/lazy/1") + sender.command(FLOW, id=1, protocol=1, peer=peer))
    sender.write(b"".join(sender.command(SEND, id=number, value=1, data=b"y" * 10000) for number in range(1, 301)))
    before = len(receiver.events)
    sender.write(b"".join(sender.command(SEND, id=number, data=b"z") for number in range(5000, 5100)))
    receiver.wait(ON_MESSAGE, count + 100)
    print(f"ok: a client that does not read holds up no other, {len(receiver.events) - before} messages passed it")
    assert sum(event[0] == ON_MESSAGE for event in lazy.wait(ON_MESSAGE, 300)) == 300
    print("ok: when it reads, it gets everything")

    hostile = [
        b"\xff" * 64, second.command(99), second.command(SEND, id=1), second.command(SEND, id=1, value=1 << 63),
        second.command(FLOW, id=5), second.command(PROTOCOL, protocol=5000, data=b"/x"),
        COMMAND.pack(SEND, 0, 1, 0, 0, 0, 0, 1 << 31, 0, 0, 0, 0, 0)]
    for data in hostile:
        victim = Application(path_b)
        victim.write(data)
        assert is_cut_off(victim), data[:16]
    eager = client.Control(path_b)
    body = client.encode({"id": 1, "method": "application.attach", "params": {"version": 1, "application": "x", "event_bytes": 0}})
    eager.socket.sendall(struct.pack(">I", len(body)) + body + b"\0" * 64)
    try:
        list(eager.messages(30)), list(eager.messages(30)), list(eager.messages(30))
        raise AssertionError("bytes before the answer were taken")
    except (EOFError, ConnectionError):
        pass
    print("ok: whoever breaks the protocol is cut off")

    # The sender dies with messages under way, the server with messages that it holds.
    receiver.socket.close()
    heir = Application(path_b)
    heir.write(heir.command(PROTOCOL, data=name) + heir.command(SERVE, flags=1))
    for _ in range(600):
        if heir.wait(ON_ANSWER)[-1][1] == 0:
            break
        time.sleep(0.05)
        heir.events.clear()
        heir.write(heir.command(SERVE, flags=1))
    else:
        raise AssertionError("the protocol of a dead client is not free")
    last = Application(path_a)
    last.write(last.command(PROTOCOL, data=name) + last.command(FLOW, peer=peer)
               + b"".join(last.command(SEND, id=number, data=b"w%d" % number) for number in range(1, 501)))
    last.socket.close()
    got = heir.wait(ON_MESSAGE, 500)
    assert {event[7] for event in got} >= {b"w%d" % number for number in range(1, 501)}
    print("ok: a dead client's protocol is free, and what it had sent arrives")


main(*sys.argv[1:])
