#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs meshd as a node of the bundle protocol against the Python package pyd3tn: its bundles go over its MTCP to the
echo service, and come back over a connection that meshd dials.

usage: mtcp.py MESHD MESHCTL FOLDER-OF-PLUGINS

Exits with 0 when all checks pass, 1 when one fails, 2 when a package is not installed.
"""
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

try:
    from pyd3tn.bundle7 import Bundle, CRCType, create_bundle7
    from pyd3tn.mtcp import MTCPConnection, MTCPSocket
except ImportError as error:
    print(f"mtcp.py: needs the Python package pyd3tn: {error}", file=sys.stderr)
    sys.exit(2)

SIZES = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 1_000_000]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(connection, count):
    """So many bundles, by their payload."""
    found = {}
    while len(found) < count:
        bundle = Bundle.parse(connection.recv_bundle())
        assert str(bundle.primary_block.source) == "ipn:1.7", bundle.primary_block.source
        assert str(bundle.primary_block.destination) == "ipn:9.2", bundle.primary_block.destination
        found[bytes(bundle.payload_block.data)] = bundle
    return found


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    meshd, meshctl, plugins = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="mesh-mtcp-") as folder, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(60)
        port, own = free_port(), listener.getsockname()[1]
        pathlib.Path(folder, "mesh.yaml").write_text(f"""
transport_priority: [dtn]
node: {{ state: {folder}/state }}
plugins: {{ directories: [{plugins}], trust: any }}
transports:
  dtn:
    node: "ipn:1.0"
    listen: ["mtcp://127.0.0.1:{port}"]
    neighbours: ["ipn:9.0 mtcp://127.0.0.1:{own}"]
    routing: direct
    echo: "ipn:1.7"
control: {{ socket: {folder}/client.sock, admin_socket: {folder}/admin.sock }}
""", encoding="utf-8")
        log = open(f"{folder}/log", "wb")
        daemon = subprocess.Popen([meshd, "--config", f"{folder}/mesh.yaml"], stdout=log, stderr=log)
        try:
            accepted, _ = listener.accept()
            with MTCPSocket(accepted) as back, dial(port) as there:
                accepted.settimeout(60)
                sent = {}
                for number, size in enumerate(SIZES):
                    payload = bytes([number]) * size
                    sent[payload] = create_bundle7(
                        "ipn:9.2", "ipn:1.7", payload, crc_type_primary=[CRCType.CRC16, CRCType.CRC32][number % 2],
                        lifetime=3600, hop_limit=30)
                    there.send_bundle(bytes(sent[payload]))
                    # Nobody reads this one; it must not stop those that follow.
                    there.send_bundle(b"\x9f\x00\xff")
                found = answers(back, len(SIZES))
                assert found.keys() == sent.keys(), "another payload"
                shown = subprocess.run(
                    [meshctl, "--socket", f"{folder}/admin.sock", "bundle", "stats"], capture_output=True, text=True,
                    check=True).stdout
                assert f"echoed {len(SIZES)}\n" in shown, shown
        except BaseException:
            sys.stderr.write(pathlib.Path(folder, "log").read_text(encoding="utf-8", errors="replace")[-4000:])
            raise
        finally:
            daemon.kill()
            daemon.wait()
            log.close()
    print(f"  {len(SIZES)} bundles of pyd3tn over MTCP to meshd, echoed over MTCP")
    return 0


def dial(port):
    """meshd may still be starting."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    return MTCPConnection("127.0.0.1", port, timeout=60)


if __name__ == "__main__":
    sys.exit(main())
