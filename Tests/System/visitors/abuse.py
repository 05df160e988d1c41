# SPDX-License-Identifier: Apache-2.0
"""Bad visitors of a site, many kinds at once. usage: abuse.py PORT SECONDS [KIND...], with the id of its ticket key in KEY (hex).
Prints how often each kind was at work, and how often it was cut off; they come from networks of their own."""
import base64
import collections
import os
import random
import socket
import ssl
import struct
import sys
import threading
import time

port, seconds = int(sys.argv[1]), float(sys.argv[2])
stop = time.monotonic() + seconds
done, cut = collections.Counter(), collections.Counter()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
second = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
second.check_hostname = False
second.verify_mode = ssl.CERT_NONE
second.set_alpn_protocols(["h2"])
GET = bytes([0x82, 0x84, 0x87, 0x41, 0x01, 0x61])
DATA = bytes([0x82, 0x87, 0x41, 0x01, 0x61, 0x04, 0x09]) + b"/data.bin"


def dial(number):
    raw = socket.socket()
    raw.settimeout(5)
    raw.bind((f"127.{number}.{random.randrange(1, 4)}.1", 0))
    raw.connect(("127.0.0.1", port))
    return raw


def frame(kind, flags, stream, body=b""):
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body


def http2(number, settings=b""):
    peer = second.wrap_socket(dial(number))
    peer.settimeout(2)
    peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, settings))
    return peer


def pour(peer, make):
    """Sends until it is cut off, and reads nothing."""
    for index in range(100_000):
        if time.monotonic() > stop:
            return
        peer.sendall(make(index))


def drip(peer, pieces):
    for piece in pieces:
        if time.monotonic() > stop:
            return
        peer.sendall(piece)
        time.sleep(0.1)


def silent(number):
    # More than a network may have.
    peers = [socket.create_connection(("127.0.0.1", port), 5, (f"127.{number}.1.2", 0)) for _ in range(80)]
    time.sleep(max(0, min(3, stop - time.monotonic())))
    for peer in peers:
        peer.close()


def half_hello(number):
    peer = dial(number)
    drip(peer, [bytes([22, 3, 1, 2, 0, 1, 0, 1, 0xFC])] + [b"\0"] * 400)


def garbage(number):
    dial(number).sendall(random.randbytes(5000))


def handshakes(number):
    for _ in range(5):
        context.wrap_socket(dial(number)).close()


def slow_head(number):
    drip(context.wrap_socket(dial(number)), [b"GET / HTTP/1.1\r\n"] + [b"a: b\r\n"] * 1000)


def slow_body(number):
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n"
    drip(context.wrap_socket(dial(number)), [head] + [b"x"] * 1000)


def endless_head(number):
    pour(context.wrap_socket(dial(number)), lambda index: b"GET / HTTP/1.1\r\n" if index == 0 else b"a: b\r\n" * 100)


def never_reads(number):
    peer = context.wrap_socket(dial(number))
    pour(peer, lambda index: b"GET /data.bin HTTP/1.1\r\nHost: a\r\n\r\n" * 50)


def never_reads_second(number):
    peer = http2(number, struct.pack(">HI", 4, 0x7FFFFFFF))
    pour(peer, lambda index: frame(8, 0, 0, struct.pack(">I", 1 << 20)) + frame(1, 5, 2 * index + 1, DATA))


def windows_of_nothing(number):
    peer = http2(number, struct.pack(">HI", 4, 0))
    for index in range(100):
        peer.sendall(frame(1, 5, 2 * index + 1, DATA))
    drip(peer, [frame(6, 0, 0, b"12345678")] * 1000)


def resets(number):
    pour(http2(number), lambda index: frame(1, 5, 2 * index + 1, GET) + frame(3, 0, 2 * index + 1, b"\0\0\0\x08"))


def settings(number):
    pour(http2(number), lambda index: frame(4, 0, 0) * 20)


def pings(number):
    pour(http2(number), lambda index: frame(6, 0, 0, b"12345678") * 20)


def continuations(number):
    pour(http2(number), lambda index: frame(1, 0, 1, GET) if index == 0 else frame(9, 0, 1, b"\0\1a\1a"))


def bombs(number):
    field = bytes([0x40, 0x01, 0x78, 0x7F, 0xBD, 0x1D]) + b"a" * 3900
    pour(http2(number), lambda index: frame(1, 5, 2 * index + 1, GET + field + b"\xbe" * 12_000))


def bodies(number):
    post = bytes([0x83, 0x84, 0x87, 0x41, 0x01, 0x61])
    pour(http2(number), lambda index: frame(1, 4, 1, post) if index == 0 else frame(0, 0, 1, b"x" * 16_000))


def half_tls(number):
    """Says hello, and leaves the server with its answer."""
    peers = []
    for _ in range(40):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = second.wrap_bio(incoming, outgoing)
        try:
            session.do_handshake()
        except ssl.SSLWantReadError:
            pass
        peers.append(dial(number))
        peers[-1].sendall(outgoing.read())
    time.sleep(max(0, min(3, stop - time.monotonic())))


def ticket():
    """Of the right form, and wrong."""
    key = bytes.fromhex(os.environ.get("KEY", "")) or random.randbytes(8)
    text = bytes([1]) + random.randbytes(32) + key + random.randbytes(64 + random.randrange(3))
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def tickets(number):
    peer = context.wrap_socket(dial(number))
    shown = ticket()
    makers = [
        lambda: b"GET /?bn1=%s HTTP/1.1\r\nHost: a\r\n\r\n" % ticket(),
        lambda: b"GET /?bn1=%s HTTP/1.1\r\nHost: a\r\n\r\n" % shown,
        lambda: b"GET /?bn1=%s HTTP/1.1\r\nHost: a\r\n\r\n" % ticket()[: random.randrange(140)],
        lambda: b"GET / HTTP/1.1\r\nHost: a\r\nCookie: %s\r\n\r\n" % b"; ".join(b"a=" + ticket() for _ in range(40)),
        lambda: b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 144\r\n\r\nbn1=" + ticket()[:140],
    ]
    while time.monotonic() < stop:
        peer.sendall(random.choice(makers)())
        if not peer.recv(65536):
            return


def dribble(number):
    peer = http2(number, struct.pack(">HI", 4, 0))
    for index in range(100):
        peer.sendall(frame(1, 5, 2 * index + 1, DATA))
    pour(peer, lambda index: frame(8, 0, 2 * (index % 100) + 1, struct.pack(">I", 1)))


def priorities(number):
    pour(http2(number), lambda index: frame(2, 0, 2 * (index % 5000) + 1, struct.pack(">IB", 2 * (index % 4999) + 3, 9)) * 9)


def solicited(number):
    """Each request is one that is answered with a reset."""
    bad = bytes([0x82, 0x84, 0x87, 0x00, 0x01]) + b"A" + b"\x01b"
    pour(http2(number), lambda index: frame(1, 5, 2 * index + 1, bad))


def empties(number):
    post = bytes([0x83, 0x84, 0x87, 0x41, 0x01, 0x61])
    pour(http2(number), lambda index: frame(1, 4, 1, post) if index == 0 else frame(0, 0, 1) * 50)


def blanks(number):
    pour(http2(number), lambda index: frame(1, 5, 2 * index + 1, GET + b"\x00\x00\x00" * 3000))


def flips(number):
    """The window of a hundred streams goes up and down."""
    peer = http2(number, struct.pack(">HI", 4, 0))
    for index in range(100):
        peer.sendall(frame(1, 5, 2 * index + 1, DATA))
    pour(peer, lambda index: frame(4, 0, 0, struct.pack(">HI", 4, 0x7FFFFFFF * (index & 1))) * 10)


def unknown(number):
    pour(http2(number), lambda index: frame(0x0B + index % 200, 0xFF, index % 99, random.randbytes(100)) * 5)


def openings(number):
    """Streams that are opened and never finished, more than there may be."""
    post = bytes([0x83, 0x84, 0x87, 0x41, 0x01, 0x61])
    peer = http2(number)
    drip(peer, [b"".join(frame(1, 4, 2 * index + 1, post) for index in range(100))] + [frame(0, 0, 1, b"x")] * 300)


KINDS = [half_tls, tickets, dribble, priorities, solicited, empties, blanks, flips, unknown, openings, silent, half_hello, garbage, handshakes, slow_head, slow_body, endless_head, never_reads, never_reads_second,
         windows_of_nothing, resets, settings, pings, continuations, bombs, bodies]

if wanted := sys.argv[3:]:
    KINDS = [kind for kind in KINDS if kind.__name__ in wanted]


def work(number, kind):
    while time.monotonic() < stop:
        done[kind.__name__] += 1
        try:
            kind(number)
        except OSError:
            cut[kind.__name__] += 1
        time.sleep(0.01)


threads = [threading.Thread(target=work, args=(number + 1, kind)) for number, kind in enumerate(KINDS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(" ".join(f"{kind.__name__}={done[kind.__name__]}/{cut[kind.__name__]}" for kind in KINDS))
