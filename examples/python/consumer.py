"""Prints the releases of every app, each at least once, with the standard library alone.

NATS speaks lines over TCP, so a socket is client enough. The server keeps how far this
has read, under the name given: started again, it goes on behind what it acknowledged.

    python3 examples/python/consumer.py mybot
"""
import json
import os
import socket
import sys
import urllib.parse

STREAM = "SLIPWAY_EVENTS"
FILTER = "slipway.event.*.*.*.release.*"  # app, owner, place, entity, happened
INBOX = "_INBOX_python.%d" % os.getpid()
BATCH = 10


class Connection:
    def __init__(self, url):
        at = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((at.hostname, at.port or 4222))
        self.stream = self.socket.makefile("rb")
        self.stream.readline()  # what the server says of itself
        self.send(b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\nSUB %s.* 1\r\n' % INBOX.encode())

    def send(self, line, body=b""):
        self.socket.sendall(line + body)

    def publish(self, subject, body, reply=""):
        self.send(f"PUB {subject} {reply} {len(body)}\r\n".encode(), body + b"\r\n")

    def request(self, subject, value, answer):
        self.publish(subject, json.dumps(value).encode(), INBOX + "." + answer)

    def next(self):
        """Waits for a message: the subject to answer to, the status if it is one, the body."""
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
            return reply, head.split(b"\r\n")[0].decode()[9:12], body


def main(name):
    nats = Connection(os.environ.get("NATS_URL", "nats://127.0.0.1:4222"))
    nats.request(f"$JS.API.CONSUMER.CREATE.{STREAM}.{name}.{FILTER}", {"stream_name": STREAM, "config": {
        "durable_name": name, "name": name, "filter_subject": FILTER, "ack_policy": "explicit"}}, "create")
    answer = json.loads(nats.next()[2])
    if "error" in answer:
        sys.exit(answer["error"]["description"])
    while True:
        nats.request(f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{name}", {"batch": BATCH, "expires": 5_000_000_000}, "pull")
        for _ in range(BATCH):
            reply, status, body = nats.next()
            if status:  # nothing new for five seconds
                break
            event = json.loads(body)
            print(event["id"], event["subject"], event["type"], event.get("reason", ""), flush=True)
            nats.publish(reply, b"+ACK")


if __name__ == "__main__":
    main(sys.argv[1])
