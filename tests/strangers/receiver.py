"""A small application that takes webhooks: each is verified by the SDK before it is believed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe

PATIENCE = 30


class Receiver:
    """What has arrived, and how much of it the SDK would not believe."""

    def __init__(self) -> None:
        self.url = ""
        self.secret = ""
        self.events: list[stripe.Event] = []
        self.refused = 0
        self.last: tuple[bytes, str] = (b"", "")

    def take(self, body: bytes, signature: str) -> int:
        """Return the status that a webhook is answered with."""
        try:
            event = stripe.Webhook.construct_event(body, signature, self.secret)
        except stripe.SignatureVerificationError:
            self.refused += 1
            return 400
        self.last = body, signature
        self.events.append(event)
        return 200

    def wait_for(self, count: int) -> None:
        """Wait until so many have arrived; ``TimeoutError`` if they do not."""
        deadline = time.monotonic() + PATIENCE
        while len(self.events) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.events)} of {count} webhooks arrived")
            time.sleep(0.05)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a free port of this machine."""
    receiver = Receiver()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(receiver.take(body, self.headers["stripe-signature"]))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
