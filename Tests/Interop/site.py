# SPDX-License-Identifier: Apache-2.0
"""The site of the HTX plugin against nginx: the same requests over HTTP/1.1 and HTTP/2, the same statuses, fields, order
and bodies, and over HTTP/2 the same frames.
usage: site.py MESHD PLUGINS NGINX"""
import datetime
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time

import hpack
import hyperframe.frame
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

meshd, plugins, nginx = sys.argv[1:4]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def dial(port, protocol):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=5))


def ask(port, request):
    """The bytes of one answer; the connection is closed by the server or after half a second of silence."""
    raw = dial(port, "http/1.1")
    raw.sendall(request)
    raw.settimeout(0.5)
    answer = b""
    try:
        while part := raw.recv(65536):
            answer += part
    except OSError:
        pass
    raw.close()
    return answer


def comparable(answer):
    """Without dates."""
    return re.sub(rb"\r\nDate: [^\r]*", b"", answer).split(b"\r\n\r\n")


class Frames:
    """One connection of HTTP/2, and what the server sends on it, one tuple for each frame."""

    def __init__(self, port):
        self.socket = dial(port, "h2")
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.seen, self.rest = [], b""
        settings = hyperframe.frame.SettingsFrame(settings={4: 1 << 20})
        agreed = hyperframe.frame.SettingsFrame(flags=["ACK"])
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings.serialize() + agreed.serialize())

    def head(self, stream, fields, ends):
        frame = hyperframe.frame.HeadersFrame(stream, self.encoder.encode(fields))
        frame.flags.add("END_HEADERS")
        if ends:
            frame.flags.add("END_STREAM")
        self.socket.sendall(frame.serialize())

    def data(self, stream, body, ends):
        frame = hyperframe.frame.DataFrame(stream, body)
        if ends:
            frame.flags.add("END_STREAM")
        self.socket.sendall(frame.serialize())

    def read(self, silence=0.5):
        """Takes frames until one ends a stream or the connection, and a moment more."""
        while True:
            self.socket.settimeout(silence)
            try:
                part = self.socket.recv(65536)
            except (ssl.SSLError, OSError):
                return self.seen
            if not part:
                self.seen.append(("end",))
                return self.seen
            self.rest += part
            while len(self.rest) >= 9:
                frame, length = hyperframe.frame.Frame.parse_frame_header(memoryview(self.rest[:9]))
                if len(self.rest) < 9 + length:
                    break
                frame.parse_body(memoryview(self.rest[9:9 + length]))
                self.rest = self.rest[9 + length:]
                self.take(frame)
            if any(seen[0] in ("DataFrame", "HeadersFrame") and "END_STREAM" in seen[2] for seen in self.seen):
                silence = 0.05

    def take(self, frame):
        name, flags = type(frame).__name__, sorted(frame.flags)
        if name == "HeadersFrame":
            fields = [(key, value) for key, value in self.decoder.decode(frame.data) if key != "date"]
            self.seen.append((name, frame.stream_id, flags, fields))
        elif name == "DataFrame":
            # How a body is cut is no property of the site.
            last = self.seen[-1]
            if last[0] == name and last[1] == frame.stream_id and not last[2]:
                self.seen[-1] = (name, frame.stream_id, flags, last[3] + bytes(frame.data))
            else:
                self.seen.append((name, frame.stream_id, flags, bytes(frame.data)))
        elif name == "SettingsFrame":
            self.seen.append((name, flags, sorted(frame.settings.items())))
        elif name == "WindowUpdateFrame":
            self.seen.append((name, frame.stream_id, frame.window_increment))
        elif name == "GoAwayFrame":
            self.seen.append((name, frame.last_stream_id, frame.error_code))
        else:
            self.seen.append((name, frame.stream_id, flags, getattr(frame, "error_code", None)))


def ask2(port, head, body):
    frames = Frames(port)
    frames.head(1, head, body is None)
    if body is not None:
        frames.data(1, body, True)
    seen = frames.read()
    frames.socket.close()
    return seen


def requests(date, tag):
    get = "GET {} HTTP/1.1\r\nHost: example.org\r\n{}\r\n"
    plain = ["/", "/index.html", "/data.bin", "/data.bin?a=b", "/none", "/none/", "/sub", "/sub/", "/empty/", "/data.bin/",
             "/a.css", "/b.json", "/unknown.zzz", "/noending", "//data.bin", "/./data.bin", "/sub/../data.bin",
             "/sub/%2e%2e/data.bin", "/../x", "/%00", "/%zz", "/zero", "/data%2Ebin", "/sub//index.html"]
    for target in plain:
        yield get.format(target, "")
    for field in ["Range: bytes=0-9", "Range: bytes=5-", "Range: bytes=-5", "Range: bytes=9999-", "Range: bytes=x",
                  "Range: bytes=5-2", "Range: items=0-1", "Range: bytes=0-99999999", "Range: bytes=-0",
                  f"If-None-Match: {tag}", f"If-None-Match: W/{tag}", "If-None-Match: \"x\"", "If-None-Match: *",
                  f"If-Modified-Since: {date}", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
                  f"If-Match: {tag}", "If-Match: \"x\"", f"If-Unmodified-Since: {date}",
                  "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
                  f"Range: bytes=0-1\r\nIf-Range: {tag}", "Range: bytes=0-1\r\nIf-Range: \"x\"",
                  f"Range: bytes=0-1\r\nIf-Range: {date}", "Connection: close", "X_bad: 1"]:
        yield get.format("/data.bin", field + "\r\n")
    for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"]:
        yield f"{method} /data.bin HTTP/1.1\r\nHost: example.org\r\nContent-Length: 0\r\n\r\n"
        yield f"{method} /none HTTP/1.1\r\nHost: example.org\r\nContent-Length: 0\r\n\r\n"
    yield "GET / HTTP/1.0\r\n\r\n"
    yield "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"
    yield "GET / HTTP/1.1\r\n\r\n"
    yield "get / HTTP/1.1\r\nHost: a\r\n\r\n"
    yield "GET / HTTP/2.5\r\nHost: a\r\n\r\n"
    yield "GET /" + "a" * 9000 + " HTTP/1.1\r\nHost: a\r\n\r\n"
    yield "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n"
    yield "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"
    for method in ["POST", "GET", "PUT"]:
        yield f"{method} /data.bin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        yield f"{method} /data.bin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"
        # The bodies of these never come.
        yield f"{method} /data.bin HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
        yield f"{method} /data.bin HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    yield "GET / HTTP/1.1\r\nHost: a\r\nx: " + "a" * 9000 + "\r\n\r\n"
    yield "GET / HTTP/1.1\r\nHost: a\r\n" + f"x: {'a' * 50}\r\n" * 700 + "\r\n"
    yield "GET /data.bin HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n"
    yield "GET / HTTP/1.1\r\nHost: a\r\n" + "x: a\r\n" * 300 + "\r\n"
    yield "GET /data.bin HTTP/1.1\r\nHost: a\r\n\r\n" * 3


def requests2(date, tag):
    """The list of HTTP/1.1 where it says the same, and what only HTTP/2 can say."""
    for text in requests(date, tag):
        head, _, body = text.partition("\r\n\r\n")
        lines = head.split("\r\n")
        method, target, version = lines[0].split(" ")
        fields = dict(line.split(": ", 1) for line in lines[1:] if line)
        if version != "HTTP/1.1" or {"Connection", "Transfer-Encoding", "Expect"} & fields.keys() or "Host" not in fields:
            continue
        pseudo = [(":method", method), (":scheme", "https"), (":authority", fields.pop("Host")), (":path", target)]
        length = fields.get("Content-Length", "0")
        if length.isdigit() and int(length) > len(body):
            yield pseudo + [("content-length", length)], body.encode() + b"x"
        else:
            yield pseudo + [(name.lower(), value) for name, value in fields.items()], None
    get = [(":method", "GET"), (":scheme", "https"), (":authority", "example.org"), (":path", "/data.bin")]
    yield [(":method", "POST"), *get[1:], ("content-type", "application/x-www-form-urlencoded")], b"a=b"
    yield [(":method", "POST"), *get[1:], ("content-length", "3")], b"abc"
    yield [(":method", "PUT"), *get[1:]], b"abc"
    yield get, b"abc"
    yield [*get, ("cookie", "a=b"), ("cookie", "c=d")], None
    yield [*get, ("te", "trailers")], None
    for field in [("connection", "close"), ("host", "example.org"), ("X-Upper", "1"), ("x", "a\nb"), ("x", "a\0b"),
                  ("x y", "1"), ("x:y", "1"), ("x_y", "1"), (":authority", "b"), (":path", "/"), (":unknown", "1"),
                  ("transfer-encoding", "chunked"), ("content-length", "abc"), ("te", "gzip"), ("expect", "100-continue"),
                  ("x", "\x7f"), ("cookie", ""), ("x-long", "a" * 9000)]:
        yield [*get, field], None
    for name, value in [(":path", ""), (":path", "data.bin"), (":path", "/a b"), (":path", "/data.bin\0"), (":path", "*"),
                        (":path", "https://example.org/data.bin"), (":scheme", "ftp"), (":scheme", ""), (":scheme", "1x"),
                        (":method", ""), (":method", "GE T"), (":method", "CONNECT"), (":method", "HEAD"),
                        (":authority", ""), (":authority", "a/b"), (":authority", "a b"), (":authority", "a:80")]:
        yield [(key, value if key == name else given) for key, given in get], None
    for missing in range(4):
        yield get[:missing] + get[missing + 1:], None
    yield [get[0], get[1], get[3], ("host", "example.org")], None
    yield [*get[:2], (":authority", "a:80"), (":path", "/sub")], None
    yield [*get[:2], (":authority", "A@b"), (":path", "/sub")], None
    yield [*get, ("content-length", "0"), ("content-length", "0")], None
    yield [*get, *((f"x-{number}", "a" * 3000) for number in range(10))], None
    yield [*get, *((f"x-{number}", "a" * 3000) for number in range(15))], None
    yield [("x-early", "1"), *get], None
    yield [(":method", "CONNECT"), (":authority", "example.org:443")], None


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(7).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    (folder / "c.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "k.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def compare(name, pairs):
    """pairs: what was asked, nginx's answer, the site's. How many differ."""
    failed = passed = 0
    for request, right, found in pairs:
        if right == found:
            passed += 1
        else:
            failed += 1
            print(f"DIFFERS {request!r:.200}\n  nginx {right}\n  here  {found}"[:2500])
    print(f"{name}: {passed} of {passed + failed} as nginx")
    return failed


def main():
    with tempfile.TemporaryDirectory(prefix="mesh-site-") as folder:
        root = pathlib.Path(folder)
        os.chmod(root, 0o755)
        www = root / "www"
        for path, text in {"index.html": "<p>home</p>", "data.bin": "0123456789" * 30, "sub/index.html": "<p>sub</p>",
                           "a.css": "a{}", "b.json": "{}", "unknown.zzz": "?", "noending": "?", "zero": ""}.items():
            (www / path).parent.mkdir(parents=True, exist_ok=True)
            (www / path).write_text(text)
        (www / "empty").mkdir()
        (root / "logs").mkdir()
        certificate(root)
        theirs, ours = free_port(), free_port()
        (root / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {root}/pid; error_log {root}/logs/error;
events {{}}
http {{ ssl_protocols TLSv1.3; ssl_certificate {root}/c.pem; ssl_certificate_key {root}/k.pem;
  types {{ text/html html; text/css css; application/json json; }}
  default_type application/octet-stream;
  access_log off; server_tokens off; port_in_redirect off; client_body_temp_path {root}/body;
  proxy_temp_path {root}/p; fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
  server {{ listen 127.0.0.1:{theirs} ssl http2; root {www}; }}
}}
""")
        (root / "mesh.yaml").write_text(f"""
transport_priority: [htx]
node: {{ state: {root}/state }}
plugins: {{ directories: [{plugins}], trust: any }}
transports:
  htx: {{ listen: ["htx+tcp://127.0.0.1:{ours}"], site: {www}, max_visitors: 1024, max_visitors_per_network: 1024 }}
control: {{ socket: {root}/client.sock, admin_socket: {root}/admin.sock }}
""")
        running = [subprocess.Popen([nginx, "-p", str(root), "-e", f"{root}/logs/error", "-c", f"{root}/nginx.conf"]),
                   subprocess.Popen([meshd, "--config", f"{root}/mesh.yaml"], stderr=subprocess.DEVNULL)]
        try:
            for port in (theirs, ours):
                for _ in range(200):
                    with socket.socket() as probe:
                        if probe.connect_ex(("127.0.0.1", port)) == 0:
                            break
                    time.sleep(0.05)
            status = (www / "data.bin").stat()
            date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(int(status.st_mtime)))
            tag = f'"{int(status.st_mtime):x}-{status.st_size:x}"'
            failed = compare("HTTP/1.1", (
                (request, comparable(ask(theirs, request.encode())), comparable(ask(ours, request.encode())))
                for request in requests(date, tag)))
            failed += compare("HTTP/2", (
                (head, ask2(theirs, head, body), ask2(ours, head, body)) for head, body in requests2(date, tag)))
            return failed > 0
        finally:
            for process in running:
                process.kill()
                process.wait()


sys.exit(main())
