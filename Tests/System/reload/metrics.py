#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a metrics listener as Prometheus does (text format 0.0.4) and checks every line, then misuses it.

usage: metrics.py PORT
"""
import random
import re
import socket
import sys

port = int(sys.argv[1])
name = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
label = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
sample = re.compile(rf"^({name})(?:\{{({label}(?:,{label})*)?,?\}})? (\S+)( -?[0-9]+)?$")


def exchange(data, half_close=False):
    end = socket.create_connection(("127.0.0.1", port), 10)
    end.settimeout(10)
    got = b""
    try:
        end.sendall(data)
        if half_close:
            end.shutdown(socket.SHUT_WR)
        while piece := end.recv(65536):
            got += piece
    except OSError:
        pass
    end.close()
    return got


def check(text):
    kinds, families, values, last = {}, set(), {}, None
    for line in text.split("\n")[:-1]:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped"), line
            assert family not in kinds, f"{family} has two types"
            kinds[family] = kind
        elif line.startswith("# HELP "):
            assert line.split(" ", 3)[2] not in families, f"{line}: helped after its samples"
        elif line:
            found = sample.match(line)
            assert found, f"no sample: {line!r}"
            family = found[1]
            if family not in kinds:
                family = re.sub("_(bucket|sum|count)$", "", family)
            assert family in kinds, f"no type: {line}"
            assert family == last or family not in families, f"the lines of {family} are not together"
            families.add(family)
            last = family
            value = float(found[3])
            key = (found[1], found[2])
            assert key not in values, f"twice: {line}"
            values[key] = value
            if kinds[family] == "counter":
                assert found[1].endswith("_total") and value >= 0, line
    assert text.endswith("\n") and not text.endswith("\n\n"), "the end of the text"
    for (metric, labels), value in values.items():
        if metric.endswith("_count") and kinds.get(metric[:-6]) == "histogram":
            buckets = [
                (float(re.search('le="([^"]*)"', key[1])[1]), count) for key, count in values.items()
                if key[0] == metric[:-6] + "_bucket" and re.sub(',?le="[^"]*"', "", key[1]) == (labels or "")]
            counts = [count for _, count in sorted(buckets)]
            assert counts == sorted(counts) and counts[-1] == value, f"{metric}: {buckets}"
            assert max(bound for bound, _ in buckets) == float("inf"), metric
    return values


answer = exchange(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n")
headers, _, body = answer.partition(b"\r\n\r\n")
assert headers.startswith(b"HTTP/1.1 200 "), headers
assert re.search(rb"(?i)content-type: text/plain; version=0\.0\.4", headers), headers
length = re.search(rb"(?i)content-length: (\d+)", headers)
assert not length or int(length[1]) == len(body), "the length"
values = check(body.decode())
assert values[("mesh_sessions", None)] >= 1, "no session is counted"
later = check(exchange(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").partition(b"\r\n\r\n")[2].decode())
for key, value in values.items():
    if key[0].endswith("_total"):
        assert later[key] >= value, f"{key} went down"

assert exchange(b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 404 ")
assert exchange(b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 405 ")
seed = random.Random(9)
for _ in range(100):
    exchange(seed.randbytes(seed.randrange(1, 20_000)), half_close=True)
assert exchange(b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 100_000).startswith((b"HTTP/1.1 4", b""))
# More connections than it holds, all silent: cut off, and it answers again.
silent = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(40)]
for end in silent:
    end.settimeout(10)
    try:
        end.recv(1)
    except ConnectionError:
        pass
    end.close()
assert exchange(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 200 ")
print(len(values), "samples")
