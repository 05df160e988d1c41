#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two nodes in this process, over Unix sockets. TEST_PLUGIN_DIR has their plugins."""
import asyncio
import os
import sys
import tempfile
import unittest
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import mesh  # noqa: E402

PLUGINS = os.environ.get("TEST_PLUGIN_DIR", str(here / "../../../build/plugins"))
ALARM = 20  # Seconds, against hanging only.


class Live(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.alice, self.bob = self.open("alice"), self.open("bob")
        self.bob.add_peer(self.alice.invite(), "alice")
        self.peer = self.alice.add_peer(self.bob.invite(), "bob")

    def tearDown(self):
        self.alice.close()
        self.bob.close()
        self.folder.cleanup()

    def open(self, name):
        yaml = (f"node: {{ state: {name}, stop_timeout: 1s }}\nplugins: {{ directories: [{PLUGINS}], trust: any }}\n"
                f'transports:\n  unix: {{ listen: ["unix://{self.folder.name}/{name}.sock"] }}\n')
        return mesh.open_node(config_text=yaml, folder=self.folder.name, application=name)

    def until(self, node, kind):
        for event in node.events(timeout=ALARM):
            if event.kind == kind:
                return event
        self.fail(f"no {kind!r} in time")

    def test_a_message_that_is_kept_is_delivered_when_it_is_released(self):
        self.bob.serve("/test/1", token=7)
        sent = self.alice.send(self.peer, "/test/1", b"hello", mesh.Send.TELL_SETTLED, token=9)
        event = self.until(self.bob, mesh.Kind.MESSAGE)
        self.assertEqual((event.data, event.token), (b"hello", 7))
        kept = self.bob.keep(event)
        self.bob.take()
        with self.assertRaises(mesh.MeshError) as old:
            self.bob.keep(event)
        self.assertEqual(old.exception.code, mesh.ErrorCode.INVALID)
        self.assertFalse([one for one in self.alice.take() if one.kind == mesh.Kind.SETTLED])
        kept.release()
        kept.release()
        self.bob.wait(0)
        settled = self.until(self.alice, mesh.Kind.SETTLED)
        self.assertEqual((settled.id, settled.token, settled.error), (sent, 9, None))

    def test_events_come_through_asyncio(self):
        self.bob.serve("/test/1")
        self.alice.send(self.peer, "/test/1", b"hello")

        async def first():
            async for event in mesh.aio.events(self.bob):
                if event.kind == mesh.Kind.MESSAGE:
                    return event.data

        self.assertEqual(asyncio.run(asyncio.wait_for(first(), ALARM)), b"hello")
        self.bob.take()  # Gives the message back.

    def test_what_cannot_be_done_raises_a_sentence(self):
        with self.assertRaises(mesh.MeshError) as error:
            self.alice.find_peer("nobody")
        self.assertEqual(error.exception.code, mesh.ErrorCode.NOTFOUND)
        self.assertIn("nobody", error.exception.sentence)
        self.alice.close()
        with self.assertRaises(mesh.MeshError):
            self.alice.take()
        self.alice.close()

    def test_a_signature_fits_what_was_signed_and_nothing_else(self):
        signature = self.alice.sign(b"yes")
        self.alice.id.verify(b"yes", signature)
        with self.assertRaises(mesh.MeshError) as error:
            self.alice.id.verify(b"no", signature)
        self.assertEqual(error.exception.code, mesh.ErrorCode.AUTH)


if __name__ == "__main__":
    unittest.main()
