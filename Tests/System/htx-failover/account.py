#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what a flow of numbered messages was told with what arrived before and after its receiver's crash.

Usage: account.py flow got got-afterwards
"""
import re
import sys

WINDOW = 16  # messages that client.py has under way


def numbers(path):
    with open(path) as lines:
        return [int(line) for line in lines if line.strip().isdigit()]


with open(sys.argv[1]) as lines:
    told = lines.read()
count = re.match(r"(\d+) sent", told)
if not count:
    sys.exit(f"no count: {told}")
sent = int(count.group(1))
failed = {int(number) for number in re.findall(r"^not delivered: (\d+)", told, re.M)}
before, after = numbers(sys.argv[2]), numbers(sys.argv[3])
if not before or not after:
    sys.exit(f"{len(before)} messages before the crash and {len(after)} after it")
for name, got in (("before", before), ("after", after)):
    if got != sorted(set(got)):
        sys.exit(f"doubled or out of order {name} the crash")
lost = set(range(sent)) - set(before) - set(after) - failed
if lost:
    sys.exit(f"neither delivered nor told: {sorted(lost)[:20]}")
if len(failed) > WINDOW:
    sys.exit(f"{len(failed)} messages failed, more than were under way: {told}")
again = set(before) & set(after)
if len(again) > WINDOW or again and max(before) - min(again) >= WINDOW:
    sys.exit(f"came again though it was acknowledged: {sorted(again)}")
print(f"{sent} messages sent, {len(before)} arrived before, {len(after)} afterwards, {len(again)} again, {len(failed)} told")
