# SPDX-License-Identifier: Apache-2.0
"""Ends TLS in the middle: intercept.py PORT CERTIFICATE KEY BEHIND. Whatever is said in one session is said again in
another, so that a ticket passes and only the two sessions differ."""
import asyncio
import ssl
import sys

port, certificate, key, behind = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(certificate, key)
client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
client.check_hostname = False
client.verify_mode = ssl.CERT_NONE
for context in (server, client):
    context.set_alpn_protocols(["h2"])


async def pump(reader, writer, name):
    try:
        while data := await reader.read(65536):
            print(name, len(data), flush=True)
            writer.write(data)
            await writer.drain()
    except (OSError, ssl.SSLError):
        pass
    writer.close()


async def serve(reader, writer):
    outer_reader, outer_writer = await asyncio.open_connection("127.0.0.1", behind, ssl=client)
    await asyncio.gather(pump(reader, outer_writer, "out"), pump(outer_reader, writer, "in"))


async def main():
    listener = await asyncio.start_server(serve, "127.0.0.1", port, ssl=server)
    print("ready", flush=True)
    await listener.serve_forever()


asyncio.run(main())
