# SPDX-License-Identifier: Apache-2.0
"""Keeps account of messages while daemons are killed under them.

witness.py send SOCKET PEER PROTOCOL FILE  numbered messages, over a new connection whenever the daemon comes back;
                                           writes "sent N" before and "NAME N" after, until SIGTERM and all is settled
witness.py take SOCKET PROTOCOL FILE       "life" for every connection, then the number of each message that arrives
witness.py judge SENT TAKEN                delivered messages that never arrived, and any that arrived twice in one life
"""
import signal
import sys
import time

from client import Control

WINDOW = 16
PACE = 0.005
stopped = []


def connect(path):
    while not stopped:
        try:
            return Control(path)
        except OSError:
            time.sleep(0.02)
    sys.exit(0)


def send(path, peer, protocol, file):
    number, out = 0, open(file, "a")
    while not stopped:
        control, calls, last = connect(path), {}, 0.0
        try:
            while calls or not stopped:
                now = time.monotonic()
                if not stopped and len(calls) < WINDOW and now - last >= PACE:
                    print("sent", number, file=out, flush=True)
                    call = control.request(
                        "send", peer=peer, protocol_name=protocol, payload=b"%d" % number, lifetime=60_000_000_000,
                        traffic_class="interactive")
                    calls[call] = number
                    number, last = number + 1, now
                for message in control.messages(PACE if len(calls) < WINDOW and not stopped else 0.1):
                    if "event" in message or message["id"] not in calls:
                        continue
                    state = message.get("result", {}).get("state") or message.get("error", {}).get("name", "unknown")
                    print(state, calls.pop(message["id"]), file=out, flush=True)
        except (OSError, EOFError):
            # The daemon was killed: what became of these messages is not known.
            for lost in calls.values():
                print("unknown", lost, file=out, flush=True)


def take(path, protocol, file):
    out = open(file, "a")
    while not stopped:
        control = connect(path)
        try:
            call = control.request("listen", protocol_name=protocol, window=64)
            print("life", file=out, flush=True)
            while not stopped:
                for message in control.messages(0.1):
                    if message["id"] == call and "event" in message:
                        print(message["event"]["payload"].decode(), file=out, flush=True)
                        control.request("release", subscription=call, message=message["event"]["message"])
        except (OSError, EOFError):
            pass


def judge(sent_file, taken_file):
    fates, lives, bad = {}, [[]], []
    for line in open(sent_file):
        fate, number = line.split()
        fates[int(number)] = fate
    for line in open(taken_file):
        if line.strip() == "life":
            lives.append([])
        else:
            lives[-1].append(int(line))
    arrived = {number for life in lives for number in life}
    delivered = [number for number, fate in fates.items() if fate == "delivered"]
    for number in delivered:
        if number not in arrived:
            bad.append(f"message {number} was acknowledged and never arrived")
    for index, life in enumerate(lives):
        for number in sorted(set(life)):
            if life.count(number) > 1:
                bad.append(f"message {number} arrived {life.count(number)} times in life {index}")
    for number, fate in fates.items():
        # Refused: the receiver's daemon was back before its application. Any other end would be an unkept promise, for
        # the lifetime outlasts every kill.
        if fate not in ("delivered", "unknown", "refused"):
            bad.append(f"message {number} ended as {fate}")
    twice = sum(len(life) for life in lives) - len(arrived)
    count = {fate: sum(entry == fate for entry in fates.values()) for fate in ("unknown", "refused")}
    print(
        f"{len(fates)} messages: {len(delivered)} acknowledged, {count['refused']} refused while no application listened,",
        f"{count['unknown']} of a killed sender, {twice} once more in a later life of the receiver")
    print("\n".join(bad[:20]))
    sys.exit(1 if bad or not delivered else 0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    {"send": send, "take": take, "judge": judge}[sys.argv[1]](*sys.argv[2:])
