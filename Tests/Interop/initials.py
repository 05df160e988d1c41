# SPDX-License-Identifier: Apache-2.0
"""First packets of QUIC that decrypt and hold what no client may send, made with aioquic's keys. Used by visit.py."""
import os
import socket

from aioquic.buffer import encode_uint_var
from aioquic.quic.crypto import CryptoPair
from aioquic.quic.packet import QuicProtocolVersion

PING = b"\x01"


def crypto(offset, data):
    return b"\x06" + encode_uint_var(offset) + encode_uint_var(len(data)) + data


# The beginning of a ClientHello of 8 KiB, which the server waits for then.
BEGINNING = crypto(0, b"\x01\x00\x20\x00\x03\x03")

# For each kind the frames of one packet after another, all of one connection.
HOSTILE = {
    "STREAM": [b"\x0a" + encode_uint_var(0) + encode_uint_var(5) + b"hello"],
    "CRYPTO far away": [crypto(65_535, b"x")],
    "CRYPTO beyond everything": [crypto((1 << 62) - 2, b"x")],
    "CRYPTO with gaps": [b"".join(crypto(2 * i + 1, b"x") for i in range(at, at + 200)) for at in range(0, 8000, 200)],
    "acknowledgement of nothing": [b"\x02" + encode_uint_var(1000) + bytes(3)],
    "ranges of acknowledgements below 0": [b"\x02" + encode_uint_var(9) + b"\x00\x02\x00\x08\x08\x08\x08"],
    "PING flood": [1100 * PING] * 40,
    "no frame": [b""],
    "a frame of no kind": [b"\x40\x3f"],
}


class Stranger:
    """One connection that never comes to anything."""

    def __init__(self, port, source):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", port))
        self.target, self.own, self.number = os.urandom(8), os.urandom(8), 0
        self.keys = CryptoPair()
        self.keys.setup_initial(cid=self.target, is_client=True, version=QuicProtocolVersion.VERSION_1)

    def send(self, frames):
        """Pads to a datagram of 1200 bytes, as a first packet has to have."""
        head = b"\xc3" + int(QuicProtocolVersion.VERSION_1).to_bytes(4, "big") + b"\x08" + self.target + b"\x08" + self.own
        payload = frames + bytes(max(0, 1200 - len(head) - 7 - 16 - len(frames)))
        length = 4 + len(payload) + 16
        head += b"\x00" + (0x4000 | length).to_bytes(2, "big") + self.number.to_bytes(4, "big")
        self.socket.send(self.keys.encrypt_packet(head, payload, self.number))
        self.number += 1

    def answer(self, seconds):
        """The kind of the first packet that comes back; nothing when none does."""
        self.socket.settimeout(seconds)
        try:
            return ["Initial", "0-RTT", "Handshake", "Retry"][self.socket.recv(2048)[0] >> 4 & 3]
        except OSError:
            return "nothing"

    def close(self):
        self.socket.close()


def abuse(port, kind, connections, begins):
    """As many connections of a kind, from networks of their own, behind the beginning of a handshake if it `begins`. What
    the last one got."""
    came = "nothing"
    for number in range(connections):
        stranger = Stranger(port, f"127.0.{1 + number % 250}.1")
        first, *more = HOSTILE[kind]
        for frames in [BEGINNING + first if begins else first, *more]:
            stranger.send(frames)
        if number == connections - 1:
            came = stranger.answer(10 if begins and connections == 1 else 0.5)
        stranger.close()
    return came
