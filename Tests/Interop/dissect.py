#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Has Wireshark read what two daemons say to each other over TCPCLv4, whose dissector is the work of others.

usage: dissect.py MESHD MESHCTL FOLDER-OF-PLUGINS TSHARK

Bundles of several sizes go into one daemon over MTCP, over a proxy that writes everything down to the echo service of the
other, and back. Exits with 0 when all checks pass, 1 when one fails, 2 when a package is not installed.
"""
import json
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

try:
    from pyd3tn.bundle7 import CRCType, create_bundle7
    from pyd3tn.mtcp import MTCPConnection
except ImportError as error:
    print(f"dissect.py: needs the Python package pyd3tn: {error}", file=sys.stderr)
    sys.exit(2)

SIZES = [0, 1, 100, 65_000, 66_000, 300_000]


class Capture:
    """A TCP connection as a file of packets: raw IPv4, made from what a proxy has seen."""

    def __init__(self):
        self.packets = []
        self.next = [1000, 2000]
        self.lock = threading.Lock()
        self.packet(0, 0x02, b"", 1)
        self.packet(1, 0x12, b"", 1)

    def packet(self, side, flags, data, more=0):
        ports = [(40_000, 4556), (4556, 40_000)][side]
        hosts = [b"\x0a\0\0\x01", b"\x0a\0\0\x02"]
        answer = self.next[1 - side] if flags & 0x10 else 0
        tcp = struct.pack(">HHIIBBHHH", *ports, self.next[side], answer, 0x50, flags, 65_535, 0, 0) + data
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + hosts[side] + hosts[1 - side]
        self.next[side] = (self.next[side] + len(data) + more) & 0xFFFF_FFFF
        self.packets.append(head + tcp)

    def add(self, side, data):
        with self.lock:
            for start in range(0, len(data), 1400):
                self.packet(side, 0x18, data[start:start + 1400])

    def write(self, path):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2_C3D4, 2, 4, 0, 0, 262_144, 101))
            for number, packet in enumerate(self.packets):
                file.write(struct.pack("<IIII", 1, number, len(packet), len(packet)) + packet)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pump(source, target, capture, side):
    try:
        while data := source.recv(65_536):
            capture.add(side, data)
            target.sendall(data)
    except OSError:
        pass
    target.close()


def proxy(listener, port, capture):
    """The first connection is written down; there is no other."""
    near, _ = listener.accept()
    far = socket.create_connection(("127.0.0.1", port))
    for arguments in [(near, far, capture, 0), (far, near, capture, 1)]:
        threading.Thread(target=pump, args=arguments, daemon=True).start()


def configure(folder, name, plugins, keys):
    (folder / name).mkdir()
    (folder / name / "mesh.yaml").write_text(f"""
transport_priority: [dtn]
node: {{ state: {folder}/{name}/state }}
plugins: {{ directories: [{plugins}], trust: any }}
transports:
  dtn: {{ routing: direct, tls: never, {keys} }}
control: {{ socket: {folder}/{name}/client.sock, admin_socket: {folder}/{name}/admin.sock }}
""", encoding="utf-8")


def exchange(folder, meshd, meshctl, plugins, capture):
    """Runs both daemons until every bundle has come back."""
    tcpcl, mtcp = free_port(), free_port()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        threading.Thread(target=proxy, args=(listener, tcpcl, capture), daemon=True).start()
        front = listener.getsockname()[1]
        configure(folder, "b", plugins, f'node: "ipn:2.0", echo: "ipn:2.7", neighbours: ["ipn:1.0"], '
                  f'listen: ["tcpcl://127.0.0.1:{tcpcl}"]')
        configure(folder, "a", plugins, f'node: "ipn:1.0", listen: ["mtcp://127.0.0.1:{mtcp}"], '
                  f'neighbours: ["ipn:2.0 tcpcl://127.0.0.1:{front}"]')
        daemons = []
        try:
            for name, port in [("b", tcpcl), ("a", mtcp)]:
                log = open(folder / name / "log", "wb")
                daemons.append(subprocess.Popen(
                    [meshd, "--config", folder / name / "mesh.yaml"], stdout=log, stderr=log))
                # The proxy has one connection to give away, so that nobody knocks there.
                until(lambda port=port: listens(port))
            with MTCPConnection("127.0.0.1", mtcp, timeout=60) as connection:
                for number, size in enumerate(SIZES):
                    connection.send_bundle(bytes(create_bundle7(
                        "ipn:1.2", "ipn:2.7", bytes([number]) * size, crc_type_primary=CRCType.CRC32, lifetime=3600)))
            until(lambda: figure(meshctl, folder / "a", "bundles") == len(SIZES)
                  and figure(meshctl, folder / "b", "forwarded") == len(SIZES))
            for daemon in daemons[::-1]:
                daemon.terminate()
                daemon.wait(30)
        finally:
            for daemon in daemons:
                daemon.kill()
                daemon.wait()


def listens(port):
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in table)


def figure(meshctl, folder, name):
    shown = subprocess.run([meshctl, "--socket", folder / "admin.sock", "bundle", "stats"], capture_output=True, text=True)
    return next((int(line.split()[1]) for line in shown.stdout.splitlines() if line.split()[0] == name), None)


def until(holds):
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "never true"
        time.sleep(0.05)


def layers(value, name):
    """Everything by one name in what tshark prints as JSON."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                yield from inner if isinstance(inner, list) else [inner]
            yield from layers(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from layers(inner, name)


def read(tshark, path, *options):
    shown = subprocess.run(
        [tshark, *options, "-r", path, "-T", "json", "--no-duplicate-keys", "-d", "tcp.port==4556,tcpcl"],
        capture_output=True, text=True, check=True)
    return json.loads(shown.stdout)


def judge(tshark, path):
    # Only a second look knows what a later message answers, and only the first shows every bundle of a packet.
    packets, again = read(tshark, path), read(tshark, path, "-2")
    assert not list(layers(packets, "_ws.malformed")), "malformed"
    # 0x600000 is a warning: acknowledgments that do not match their segments, segments without an end, ...
    # That the dissector has nothing for the payload is none.
    complaints = {
        expert["_ws.expert.message"] for expert in layers(again, "_ws.expert")
        if int(expert["_ws.expert.severity"]) >= 0x60_0000 and "bpv7.sub_type_unknown" not in expert}
    assert not complaints, complaints
    names = sorted(layers(packets, "tcpcl.v4.sess_init.nodeid_data"))
    assert names == ["ipn:1.0", "ipn:2.0"], names
    replies = sorted(layers(packets, "tcpcl.v4.sess_term.flags.reply"))
    assert replies == ["0", "1"], f"SESS_TERM: {replies}"
    identities = list(layers(packets, "bpv7.bundle.identity"))
    assert len(identities) == 2 * len(SIZES), identities
    checks = set(layers(packets, "bpv7.crc_status"))
    assert checks == {"1"}, f"checksums: {checks}"
    hops = list(layers(packets, "bpv7.previous_node.uri"))
    assert sorted(hops) == ["ipn:1.0"] * len(SIZES) + ["ipn:2.0"] * len(SIZES), hops
    announced = sorted(int(text) for text in layers(packets, "tcpcl.v4.xferext.transfer_length.total_len"))
    # Those of several segments say their length before.
    assert len(announced) == 2 * sum(size > 65_400 for size in SIZES), announced


def main():
    if len(sys.argv) != 5:
        print(__doc__, file=sys.stderr)
        return 2
    meshd, meshctl, plugins, tshark = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="mesh-dissect-") as name:
        folder = pathlib.Path(name)
        capture = Capture()
        exchange(folder, meshd, meshctl, plugins, capture)
        capture.write(folder / "tcpcl.pcap")
        judge(tshark, folder / "tcpcl.pcap")
    print(f"  {len(SIZES)} bundles over TCPCLv4 and back: no complaint of Wireshark")
    return 0


if __name__ == "__main__":
    sys.exit(main())
