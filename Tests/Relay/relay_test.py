# SPDX-License-Identifier: Apache-2.0
"""mesh-relay: what goes in comes out, and each impairment does what it says. Usage: relay_test.py RELAY"""

import hashlib
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

RELAY = sys.argv.pop(1)
PATIENCE = 20


class RelayCase(unittest.TestCase):
    kind = socket.SOCK_STREAM
    name = "tcp"

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.target, listen, goal = self.make_target()
        self.target.settimeout(PATIENCE)
        self.addCleanup(self.target.close)
        self.relay = subprocess.Popen(
            [RELAY, "-s", "7", "-c", os.path.join(self.folder.name, "control"), listen, goal],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.stop)
        self.address = self.relay.stdout.readline().strip().split(":", 1)[1]
        self.control = None

    def stop(self):
        self.relay.kill()
        self.relay.wait()
        self.relay.stdout.close()
        if self.control:
            self.control.close()

    def make_target(self):
        target = socket.socket(socket.AF_INET, self.kind)
        target.bind(("127.0.0.1", 0))
        if self.kind == socket.SOCK_STREAM:
            target.listen(8)
        return target, f"{self.name}:127.0.0.1:0", f"{self.name}:127.0.0.1:{target.getsockname()[1]}"

    def command(self, line):
        if not self.control:
            self.control = socket.socket(socket.AF_UNIX)
            self.control.settimeout(PATIENCE)
            self.control.connect(os.path.join(self.folder.name, "control"))
        self.control.sendall(line.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            answer += self.control.recv(256)
        return answer.decode().strip()

    def stat(self, key):
        return int(re.search(rf"{key}=(\d+)", self.command("stats"))[1])

    def client(self):
        host, port = self.address.rsplit(":", 1)
        client = socket.socket(socket.AF_INET, self.kind)
        client.settimeout(PATIENCE)
        client.connect((host, int(port)))
        self.addCleanup(client.close)
        return client

    def connection(self):
        client = self.client()
        server, _ = self.target.accept()
        server.settimeout(PATIENCE)
        self.addCleanup(server.close)
        return client, server


def read_all(sock):
    parts = []
    while part := sock.recv(65536):
        parts.append(part)
    return b"".join(parts)


class Stream(RelayCase):
    def test_bytes_arrive_whole_and_the_end_is_passed_on(self):
        client, server = self.connection()
        data = random.Random(1).randbytes(12 << 20)
        sender = threading.Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)))
        sender.start()
        self.assertEqual(hashlib.sha256(read_all(server)).digest(), hashlib.sha256(data).digest())
        server.sendall(b"still open this way")
        server.close()
        self.assertEqual(read_all(client), b"still open this way")
        sender.join()

    def test_delay_holds_bytes_back_at_least_that_long(self):
        client, server = self.connection()
        self.assertEqual(self.command("delay 60ms"), "ok")
        started = time.monotonic()
        client.sendall(b"ping")
        server.sendall(server.recv(4))
        self.assertEqual(client.recv(4), b"ping")
        self.assertGreaterEqual(time.monotonic() - started, 0.120)

    def test_bandwidth_takes_at_least_its_time(self):
        client, server = self.connection()
        self.command("bandwidth 1000000")
        started = time.monotonic()
        client.sendall(bytes(300000))
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(len(read_all(server)), 300000)
        self.assertGreaterEqual(time.monotonic() - started, 0.290)

    def test_a_black_hole_is_silent_both_ways_and_gives_back_what_it_held(self):
        client, server = self.connection()
        self.command("blackhole on")
        client.sendall(b"into the dark")
        client.shutdown(socket.SHUT_WR)
        server.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            server.recv(1)
        server.settimeout(PATIENCE)
        self.command("blackhole off")
        self.assertEqual(read_all(server), b"into the dark")

    def test_memory_is_bounded_when_the_reader_stands_still(self):
        client, server = self.connection()
        client.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            client.sendall(bytes(256 << 20))
        self.assertLess(self.stat("queued"), (4 << 20) + (128 << 10))

    def test_reset_is_a_reset_and_close_is_an_end(self):
        client, server = self.connection()
        self.command("reset")
        for side in (client, server):
            with self.assertRaises(ConnectionResetError):
                side.recv(1)
        client, server = self.connection()
        client.sendall(b"x")
        server.recv(1)
        self.command("close")
        self.assertEqual((client.recv(1), server.recv(1)), (b"", b""))
        self.assertEqual(self.stat("open"), 0)

    def test_a_dead_target_resets_the_client(self):
        self.target.close()
        with self.assertRaises(ConnectionResetError):
            self.client().recv(1)

    def test_nonsense_is_answered_and_changes_nothing(self):
        for line in ("delay", "delay -1ms", "delay 5", "loss 101", "loss x", "blackhole", "fly", "x" * 1000):
            self.assertTrue(self.command(line).startswith("error"), line)
        client, server = self.connection()
        client.sendall(b"fine")
        self.assertEqual(server.recv(4), b"fine")


class Datagram(RelayCase):
    kind = socket.SOCK_DGRAM
    name = "udp"

    def test_datagrams_keep_their_borders_and_answers_find_their_sender(self):
        clients = [self.client() for _ in range(3)]
        for number, client in enumerate(clients):
            client.send(bytes([number]) * (100 + number))
            data, source = self.target.recvfrom(2000)
            self.assertEqual(data, bytes([number]) * (100 + number))
            self.target.sendto(b"answer" + data[:1], source)
        for number, client in enumerate(clients):
            self.assertEqual(client.recv(2000), b"answer" + bytes([number]))

    def test_loss_loses_about_its_share_and_nothing_else(self):
        client = self.client()
        self.command("loss 20")
        got = []
        for number in range(1000):
            client.send(number.to_bytes(4, "big"))
            if number % 50 == 49:
                # Socket buffers are small: let the relay finish these, and empty the target, before more is sent.
                while self.stat("dropped") + self.stat("bytes") // 4 <= number:
                    pass
                while len(got) < self.stat("bytes") // 4:
                    got.append(int.from_bytes(self.target.recv(100), "big"))
        self.assertEqual(got, sorted(set(got)))
        self.assertEqual(len(got) + self.stat("dropped"), 1000)
        self.assertTrue(120 < 1000 - len(got) < 280, len(got))

    def test_a_black_hole_swallows_for_good(self):
        client = self.client()
        self.command("blackhole on")
        client.send(b"lost")
        while self.stat("dropped") < 1:
            pass
        self.command("blackhole off")
        client.send(b"kept")
        self.assertEqual(self.target.recv(100), b"kept")


class Seqpacket(RelayCase):
    kind = socket.SOCK_SEQPACKET
    name = "seqpacket"

    def make_target(self):
        path = os.path.join(self.folder.name, "target")
        target = socket.socket(socket.AF_UNIX, self.kind)
        target.bind(path)
        target.listen(8)
        return target, f"seqpacket:{self.folder.name}/listen", f"seqpacket:{path}"

    def client(self):
        client = socket.socket(socket.AF_UNIX, self.kind)
        client.settimeout(PATIENCE)
        client.connect(self.address)
        self.addCleanup(client.close)
        return client

    def test_packets_keep_their_borders_and_the_end_is_passed_on(self):
        client, server = self.connection()
        sizes = [1, 5000, 60000, 7]
        for size in sizes:
            client.send(bytes(size))
        client.close()
        self.assertEqual([len(server.recv(65536)) for _ in range(5)], sizes + [0])

    def test_a_black_hole_drops_packets_without_an_end(self):
        client, server = self.connection()
        self.command("blackhole on")
        client.send(b"lost")
        while self.stat("dropped") < 1:
            pass
        self.command("blackhole off")
        client.send(b"kept")
        self.assertEqual(server.recv(100), b"kept")


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
