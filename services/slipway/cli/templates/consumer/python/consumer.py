"""@NAME@ reads what Slipway says and acts on it, each fact once by its id.

Python's standard library is all it needs: NATS speaks lines over TCP. The server keeps
how far @NAME@ has acknowledged; the file beside this one keeps the last place and the
ids it has worked on, so that a fact that comes again is not worked on again.

    python3 consumer.py
"""
import json
import os
import socket
import sys
import time
import urllib.parse

NAME = "@NAME@"
STREAM = "SLIPWAY_EVENTS"
FILTER = os.environ.get("FILTER", "slipway.event.*.*.*.release.*")  # app, owner, place, entity, happened
URL = os.environ.get("NATS_URL", "nats://127.0.0.1:4222")
KEPT = os.environ.get("KEPT", os.path.join(os.path.dirname(os.path.abspath(__file__)), "position.json"))
BATCH = 10  # facts asked for at once
WAIT = 5_000_000_000  # nanoseconds until the server says that there is nothing new
DEAD = 15  # seconds of silence after which the connection is taken for dead
KNOWN = 1000  # ids kept; no more than 100 can come again


def work(event):
    """Yours: called with each fact. After an exception the fact comes again in 30 s."""
    print(event["id"], event["type"], event["subject"], event.get("reason", ""), flush=True)
    if event["type"] == "dev.slipway.release.promoted.v1":
        pass  # event["data"]["app"] now serves with release event["data"]["release"]


class Position:
    """Era and sequence of the last fact worked on, and the ids of the latest."""

    def __init__(self, era):
        self.era, self.sequence, self.ids = era, 0, []
        try:
            with open(KEPT) as f:
                kept = json.load(f)
            if kept["era"] == era:  # in another one the log has begun anew
                self.sequence, self.ids = kept["sequence"], kept["ids"]
        except FileNotFoundError:
            pass

    def keep(self, sequence, event_id):
        self.sequence, self.ids = max(self.sequence, sequence), (self.ids + [event_id])[-KNOWN:]
        with open(KEPT + ".new", "w") as f:
            json.dump({"era": self.era, "sequence": self.sequence, "ids": self.ids}, f)
        os.replace(KEPT + ".new", KEPT)


class Nats:
    """As much of a client as this needs: one inbox, one question at a time."""

    def __init__(self):
        at = urllib.parse.urlsplit(URL)
        self.inbox = f"_INBOX_{NAME}.{os.getpid()}"
        self.socket = socket.create_connection((at.hostname, at.port or 4222), timeout=DEAD)
        self.stream = self.socket.makefile("rb")
        self.stream.readline()  # what the server says of itself
        self.send(b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n')
        self.send(f"SUB {self.inbox}.* 1\r\n".encode())

    def send(self, data):
        self.socket.sendall(data)

    def publish(self, subject, body, reply=""):
        self.send(f"PUB {subject} {reply} {len(body)}\r\n".encode() + body + b"\r\n")

    def ask(self, subject, value):
        self.publish("$JS.API." + subject, json.dumps(value).encode(), self.inbox + ".answer")

    def request(self, subject, value):
        self.ask(subject, value)
        return json.loads(self.next()[2])

    def next(self):
        """Waits for a message: where to answer, its status if it has one, its body."""
        while True:
            words = self.stream.readline().decode().split()
            if not words or words[0] == "-ERR":
                raise ConnectionError(" ".join(words) or "the server went away")
            if words[0] == "PING":
                self.send(b"PONG\r\n")
            if words[0] not in ("MSG", "HMSG"):
                continue
            headers = int(words[-2]) if words[0] == "HMSG" else 0
            reply = words[3] if len(words) == (6 if headers else 5) else ""
            head = self.stream.read(headers)
            body = self.stream.read(int(words[-1]) - headers)
            self.stream.readline()
            return reply, head.split(b"\r\n")[0].decode()[9:12].strip(), body


def consumer(nats, position):
    """Finds the consumer of this name, which `slipway consumer add` makes, or makes one."""
    found = nats.request(f"CONSUMER.INFO.{STREAM}.{NAME}", {})
    if found.get("error", {}).get("code") != 404:
        return found
    config = {"durable_name": NAME, "name": NAME, "filter_subject": FILTER, "ack_policy": "explicit",
              "max_ack_pending": 100, "max_deliver": -1, "backoff": [30_000_000_000, 60_000_000_000, 300_000_000_000],
              "deliver_policy": "new"}
    if position.sequence:  # it was there and is no more: go on where this was
        config.update(deliver_policy="by_start_sequence", opt_start_seq=position.sequence + 1)
    return nats.request(f"CONSUMER.CREATE.{STREAM}.{NAME}.{FILTER}", {"stream_name": STREAM, "config": config})


def sequence_of(reply):
    """The place in the log stands in the subject of the acknowledgement."""
    words = reply.split(".")
    return int(words[7 if len(words) > 9 else 5])


def read():
    nats = Nats()
    info = nats.request(f"STREAM.INFO.{STREAM}", {})
    if "error" in info:
        raise ConnectionError(info["error"]["description"])
    position = Position(int(info["config"]["metadata"]["slipway.era"]))
    found = consumer(nats, position)
    if "error" in found:
        sys.exit(found["error"]["description"])
    print(f"{NAME} reads {STREAM} behind {position.era}:{position.sequence}", file=sys.stderr, flush=True)
    while True:
        nats.ask(f"CONSUMER.MSG.NEXT.{STREAM}.{NAME}", {"batch": BATCH, "expires": WAIT})
        for _ in range(BATCH):
            reply, status, body = nats.next()
            if status:  # nothing new, or fewer than asked for
                break
            event = json.loads(body)
            if event["id"] not in position.ids:
                try:
                    work(event)
                except Exception as e:
                    print(event["id"], "comes again:", e, file=sys.stderr, flush=True)
                    continue
                position.keep(sequence_of(reply), event["id"])
            nats.publish(reply, b"+ACK")


def main():
    while True:
        try:
            read()
        except OSError as e:
            print("again in a second:", e, file=sys.stderr, flush=True)
            time.sleep(1)


if __name__ == "__main__":
    main()
