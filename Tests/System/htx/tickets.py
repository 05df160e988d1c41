# SPDX-License-Identifier: Apache-2.0
"""Makes access tickets from the words of their specification (Betanet 1.1, 5.2) alone.

Usage: tickets.py ADDRESS COUNT: prints as many tickets for the key in the address, each for one use.
"""
import base64
import hashlib
import hmac
import os
import re
import sys
import time

PRIME = 2**255 - 19
BASE = (9).to_bytes(32, "little")


def multiply(scalar, point):
    """X25519 (RFC 7748, 5)."""
    bits = bytearray(scalar)
    bits[0] &= 248
    bits[31] = bits[31] & 127 | 64
    number = int.from_bytes(bits, "little")
    at = int.from_bytes(point, "little") & (1 << 255) - 1
    x2, z2, x3, z3, swapped = 1, 0, at, 1, 0
    for bit in reversed(range(255)):
        now = number >> bit & 1
        if now != swapped:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swapped = now
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb = d * a % PRIME, c * b % PRIME
        x3, z3 = (da + cb) ** 2 % PRIME, at * (da - cb) ** 2 % PRIME
        aa, bb = a * a % PRIME, b * b % PRIME
        e = aa - bb
        x2, z2 = aa * bb % PRIME, e * (aa + 121665 * e) % PRIME
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little")


def ticket(key, point):
    secret = os.urandom(32)
    hour = (int(time.time()) // 3600).to_bytes(8, "big")
    salt = hashlib.sha256(b"betanet-ticket-v1" + key + hour).digest()
    shared = multiply(secret, point)
    value = hmac.digest(hmac.digest(salt, shared, "sha256"), b"\x01", "sha256")
    return b"\x01" + multiply(secret, BASE) + key + os.urandom(32) + value + bytes(24)


public = base64.urlsafe_b64decode(re.search(r"ticket=([\w-]{54})", sys.argv[1])[1] + "==")
for _ in range(int(sys.argv[2])):
    print(base64.urlsafe_b64encode(ticket(public[:8], public[8:])).rstrip(b"=").decode())
