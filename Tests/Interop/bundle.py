#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs bundle-echo against the Python packages cbor2 and pyd3tn: encoding both ways, and bundles over MTCP.

usage: bundle.py PATH/TO/bundle-echo

cbor2 and the checksums below are the judges of encoding. pyd3tn is a second opinion: it checks no checksum, its names
of block flags and its bit for deletion reports are not those of RFC 9171, and it reads no security blocks.
Exits with 0 when all checks pass, 1 when one fails, 2 when a package is not installed.
"""
import json
import subprocess
import sys

try:
    import cbor2
    from pyd3tn.bundle7 import Bundle, CRCType, create_bundle7
    from pyd3tn.mtcp import MTCPConnection
except ImportError as error:
    print(f"bundle.py: needs the Python packages cbor2 and pyd3tn: {error}", file=sys.stderr)
    sys.exit(2)

COUNT = 630


def reflected(polynomial, width, data):
    """CRC-16/X-25 and CRC-32C: all ones before and after, least significant bit first."""
    value = (1 << width) - 1
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
    return value ^ ((1 << width) - 1)


def checksum(kind, data):
    return reflected(0x8408, 16, data) if kind == 1 else reflected(0x82F63B78, 32, data)


def check_block(block, kind_at):
    """The checksum of a block over its own deterministic encoding with zeros in its place."""
    kind = block[kind_at]
    if kind == 0:
        return
    size = 2 if kind == 1 else 4
    assert len(block[-1]) == size, "size of a checksum"
    encoded = cbor2.dumps(block[:-1] + [bytes(size)])
    # A large payload costs seconds in Python; its head and its end are as good.
    if len(encoded) < 20_000:
        assert checksum(kind, encoded) == int.from_bytes(block[-1], "big"), "a checksum does not fit"


def read(data):
    """A bundle by cbor2 alone: its primary block and the others."""
    assert data[0] == 0x9F and data[-1] == 0xFF
    primary, *blocks = cbor2.loads(data)
    assert primary[0] == 7 and len(primary) == 9
    check_block(primary, 2)
    for block in blocks:
        assert len(block) == (6 if block[3] else 5)
        check_block(block, 3)
    assert blocks[-1][:2] == [1, 1] and all(block[0] != 1 for block in blocks[:-1])
    assert data == b"\x9f" + b"".join(cbor2.dumps(part) for part in [primary, *blocks]) + b"\xff", "not deterministic"
    return primary, blocks


def our_encoding(program):
    """What bundle-echo writes, read by cbor2 and by pyd3tn."""
    lines = subprocess.run([program, "encode", str(COUNT)], capture_output=True, text=True, check=True).stdout.split()
    assert len(lines) == COUNT
    for number, line in enumerate(lines):
        data = bytes.fromhex(line)
        primary, blocks = read(data)
        assert primary[6] == [800_000_000_000 + number * 977, number]
        assert primary[7] == [0, 23, 24, 3_600_000, 1 << 40][number % 5]
        assert blocks[-1][4] == bytes([number % 256]) * [0, 1, 23, 24, 255, 256, 70_000][number % 7]
        by_type = {block[0]: cbor2.loads(block[4]) for block in blocks[:-1]}
        assert by_type.get(10) == ([30, number % 30] if number % 2 == 0 else None)
        assert by_type.get(7) == (number * 1000 if number % 3 == 0 else None)
        assert by_type.get(6) == ([1, "//relay/"] if number % 4 == 0 else None)
        parsed = Bundle.parse(data)
        assert parsed.payload_block.data == blocks[-1][4]
        assert str(parsed.primary_block.destination) == ["dtn://alice/mail", "dtn://b/", "ipn:4.7"][number % 3]
    print(f"  {COUNT} bundles of ours: read by cbor2 and pyd3tn")


def their_encoding(program):
    """What pyd3tn writes, described and written again by bundle-echo."""
    bundles = []
    for number in range(120):
        bundles.append(bytes(create_bundle7(
            ["dtn://source/a", "ipn:7.1"][number % 2], ["dtn://target/b", "ipn:9.2"][number // 2 % 2],
            bytes(number * 13), crc_type_primary=[CRCType.CRC16, CRCType.CRC32][number % 2],
            crc_type_canonical=[CRCType.NONE, CRCType.CRC16, CRCType.CRC32][number % 3],
            hop_limit=30 if number % 4 else None, bundle_age=number if number % 5 else None, lifetime=3600)))
    damaged = bytearray(bundles[100])
    damaged[-20] ^= 1
    assert Bundle.parse(bytes(damaged)), "pyd3tn checks no checksum"
    lines = "".join(bundle.hex() + "\n" for bundle in [*bundles, bytes(damaged)])
    answer = subprocess.run([program, "describe"], input=lines, capture_output=True, text=True, check=True).stdout
    answer = answer.splitlines()
    for number, bundle in enumerate(bundles):
        description = json.loads(answer[number * 2])
        assert description["faults"] == [], description
        assert bytes.fromhex(answer[number * 2 + 1]) == bundle, "not written again as it was"
        assert description["blocks"][0]["fields"]["lifetime"] == "3600000 ms"
    assert "checksum" in json.loads(answer[-2])["faults"][0]
    print(f"  {len(bundles)} bundles of pyd3tn: read, and written again byte for byte; a damaged one is found")


def over_mtcp(program):
    """Bundles of pyd3tn over its own MTCP, and back."""
    server = subprocess.Popen([program, "mtcp"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline())
        with MTCPConnection("127.0.0.1", port, timeout=20) as connection:
            for size in [0, 1, 23, 24, 255, 256, 65_535, 65_536, 1_000_000]:
                bundle = bytes(create_bundle7("dtn://source/a", "ipn:9.2", bytes(size)))
                connection.send_bundle(bundle)
                primary, blocks = read(connection.recv_bundle())
                assert primary[3] == [1, "//source/a"] and primary[4] == [2, [9, 2]]
                assert len(blocks[-1][4]) == size
    finally:
        server.kill()
        server.wait()
    print("  9 bundles over MTCP and back")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for check in (our_encoding, their_encoding, over_mtcp):
        check(sys.argv[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
