"""A service that Slipway does not run, and that serves one of its apps nevertheless.

It offers itself as an endpoint, says every second that it lives, answers HTTP, and on
TERM withdraws and goes on answering until no gateway has anything open to it. With the
standard library alone: NATS speaks lines over TCP, so a socket is client enough.

    NATS_URL=nats://127.0.0.1:4222 python3 examples/endpoint/service.py billing b1
"""
import http.server
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.parse

LEASE_EVERY = 1.0  # seconds; 2 where the bus has three servers
DRAIN_MAX = 60.0  # seconds a withdrawn endpoint waits to be let go


class Connection:
    """One connection to NATS; every thread may publish."""

    def __init__(self, url, subject):
        at = urllib.parse.urlsplit(url)
        self.lock = threading.Lock()
        self.socket = socket.create_connection((at.hostname, at.port or 4222))
        self.stream = self.socket.makefile("rb")
        self.stream.readline()  # what the server says of itself
        self.send(b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\nSUB %s 1\r\n' % subject.encode())

    def send(self, data):
        with self.lock:
            self.socket.sendall(data)

    def publish(self, subject, value):
        body = json.dumps(value).encode()
        self.send(f"PUB {subject} {len(body)}\r\n".encode() + body + b"\r\n")

    def messages(self):
        """Every message, for ever."""
        while True:
            words = self.stream.readline().decode().split()
            if not words or words[0] == "-ERR":
                raise ConnectionError(" ".join(words) or "the server went away")
            if words[0] == "PING":
                self.send(b"PONG\r\n")
            if words[0] in ("MSG", "HMSG"):
                body = self.stream.read(int(words[-1]) + 2)
                yield body[int(words[-2]) if words[0] == "HMSG" else 0:-2]


class Endpoint:
    """What this service says of itself, and what it hears of that."""

    def __init__(self, nats, app, name, address):
        self.nats, self.app, self.name, self.address = nats, app, name, address
        self.life = int(time.time())  # tells this start from earlier ones
        self.gone = threading.Event()

    def wish(self, verb, data):
        self.nats.publish(f"slipway.wish.{self.app}._.endpoint.{verb}", {
            "specversion": "1.0", "id": f"{self.app}-{self.name}-{self.life}-{verb}", "source": f"/integrator/{self.app}",
            "type": f"dev.slipway.wish.endpoint.{verb}.v1", "subject": f"{self.app}/{self.name}",
            "actor": f"integrator:{self.app}", "datacontenttype": "application/json",
            "data": dict(data, endpoint=self.name)})

    def offer(self):
        self.wish("offered", {"address": self.address, "protocol": "http", "liveness": "lease"})

    def withdraw(self):
        self.wish("withdrawn", {})

    def live(self):
        """Says again and again that it lives; who is not heard for seconds gets no request."""
        n = 0
        while not self.gone.wait(LEASE_EVERY):
            n += 1
            self.nats.publish(f"slipway.lease.endpoint.{self.app}.{self.name}", {"incarnation": self.life, "n": n})

    def listen(self):
        """Prints what is said of this endpoint, until it is removed."""
        for body in self.nats.messages():
            event = json.loads(body)
            if event["data"].get("endpoint") != self.name:
                continue
            happened = event["type"].split(".")[-2]
            print(happened, event["subject"], event.get("reason", ""), flush=True)
            if happened == "refused" and event["data"]["cause"] != "unchanged":
                os._exit(1)
            if happened == "removed" and self.leaving:
                self.gone.set()

    leaving = False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 16384  # one write an answer
    body = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


def main(app, name):
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # before any thread: it waits for them, none is struck by them
    Handler.body = (name + "\n").encode()
    server = Server((os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "0"))), Handler)
    nats = Connection(os.environ.get("NATS_URL", "nats://127.0.0.1:4222"), f"slipway.event.{app}.registry._.endpoint.*")
    endpoint = Endpoint(nats, app, name, "%s:%d" % server.server_address)
    for work in (server.serve_forever, endpoint.listen, endpoint.live):
        threading.Thread(target=work, daemon=True).start()
    endpoint.offer()
    signal.sigwait(signals)
    endpoint.leaving = True
    endpoint.withdraw()
    if not endpoint.gone.wait(DRAIN_MAX):
        sys.exit("still draining after %d seconds" % DRAIN_MAX)


if __name__ == "__main__":
    main(*sys.argv[1:3])
