#!/usr/bin/env python3
"""An HTTP sink for tests and the demo: takes POSTs, writes each down, then answers.

    http_sink.py [--host ::1] --port 8080 --record FILE [--orders FILE] [--cert FILE --key FILE]

Prints its port when it listens. One line of JSON per request goes to the record, and is flushed before the answer leaves:
{"key": Idempotency-Key, "status": answered, "body": text, "time": seconds, "encoding": .., "authorization": ..}; status 0
is a connection that was dropped. So it can be killed at any time and started again on the same port and record.

It answers 200, unless a line stands in the orders file; each request takes the first one off:
{"status": 503, "retry_after": 2, "delay": 0.5, "drop": true, "size": 100000, "body": "why", "repeat": true}, every member
optional. With "readings": 1 the line stays until it has answered a batch of so many readings or fewer. An answer that is
repeated stands for the answer to the next request on its connection, which is lost.
"""
import argparse
import gzip
import http.server
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading
import time


class Sink(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, given, handler=None):
        self.record = open(given.record, "a+b")
        if self.record.tell() > 0:
            self.record.seek(-1, os.SEEK_END)
            if self.record.read(1) != b"\n":  # killed in the midst of a line: the next one is another
                self.record.write(b"\n")
        self.orders = pathlib.Path(given.orders) if given.orders else None
        self.lock = threading.Lock()
        host = getattr(given, "host", "127.0.0.1")
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, given.port), handler or Request)

    def next_order(self, body):
        if not self.orders or not self.orders.exists():
            return {}
        with self.lock:
            first, _, rest = self.orders.read_text().partition("\n")
            if not first.strip():
                return {}  # left alone: somebody may be about to put new orders in its place
            order = json.loads(first)
            if "readings" not in order or len(json.loads(body)["readings"]) <= order["readings"]:
                self.orders.write_text(rest)
        return order

    def write_down(self, entry):
        with self.lock:
            self.record.write(json.dumps(entry).encode() + b"\n")
            self.record.flush()

    def handle_error(self, *_):
        """A client that goes away is what tests do on purpose."""


class Request(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        if self.headers["Content-Encoding"] == "zstd":
            body = subprocess.run(["zstd", "-dcq"], input=body, stdout=subprocess.PIPE, check=True).stdout
        order = self.server.next_order(body)
        time.sleep(order.get("delay", 0))
        status = 0 if order.get("drop") else order.get("status", 200)
        self.server.write_down({"key": self.headers["Idempotency-Key"], "status": status, "body": body.decode(),
                                "time": time.time(), "encoding": self.headers["Content-Encoding"],
                                "authorization": self.headers["Authorization"]})
        if status == 0:
            self.close_connection = True
            return
        self.answer(status, order)
        if order.get("repeat") and not self.close_connection and self.rfile.peek(1):
            self.answer(status, order)
            self.close_connection = True

    def answer(self, status, order):
        body = b"x" * order["size"] if "size" in order else order.get("body", "").encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if "retry_after" in order:
            self.send_header("Retry-After", str(order["retry_after"]))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--record", required=True)
    arguments.add_argument("--orders")
    arguments.add_argument("--cert")
    arguments.add_argument("--key")
    given = arguments.parse_args()
    sink = Sink(given)
    if given.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.cert, given.key)
        # the handshake belongs to the connection's thread: a client that hangs must not hold up the others
        sink.socket = context.wrap_socket(sink.socket, server_side=True, do_handshake_on_connect=False)
    print(sink.server_port, flush=True)
    sink.serve_forever()


if __name__ == "__main__":
    main()
