# SPDX-License-Identifier: Apache-2.0
"""The site of the HTX plugin against nginx: the same requests over HTTP/1.1, the same statuses, fields, order and bodies.
usage: site.py MESHD PLUGINS NGINX"""
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import time

meshd, plugins, nginx = sys.argv[1:4]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, request, tls):
    """The bytes of one answer; the connection is closed by the server or after half a second of silence."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=5)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["http/1.1"])
        raw = context.wrap_socket(raw)
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


def comparable(answer, is_tls):
    """Without the date, and with the scheme of the site's own addresses."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Date: ")]
    if not is_tls:
        lines = [line.replace(b"Location: http://", b"Location: https://") for line in lines]
    return lines, body


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
    yield "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"


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
        theirs, ours = free_port(), free_port()
        (root / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {root}/pid; error_log {root}/logs/error;
events {{}}
http {{
  types {{ text/html html; text/css css; application/json json; }}
  default_type application/octet-stream;
  access_log off; server_tokens off; port_in_redirect off; client_body_temp_path {root}/body;
  proxy_temp_path {root}/p; fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
  server {{ listen 127.0.0.1:{theirs}; root {www}; }}
}}
""")
        (root / "mesh.yaml").write_text(f"""
transport_priority: [htx]
node: {{ state: {root}/state }}
plugins: {{ directories: [{plugins}], trust: any }}
transports:
  htx: {{ listen: ["htx+tcp://127.0.0.1:{ours}"], site: {www} }}
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
            failed = passed = 0
            for request in requests(date, tag):
                right = comparable(ask(theirs, request.encode(), False), False)
                found = comparable(ask(ours, request.encode(), True), True)
                if right == found:
                    passed += 1
                else:
                    failed += 1
                    print(f"DIFFERS {request[:90]!r}\n  nginx {right}\n  here  {found}"[:1500])
            print(f"{passed} passed, {failed} failed")
            return failed > 0
        finally:
            for process in running:
                process.kill()
                process.wait()


sys.exit(main())
