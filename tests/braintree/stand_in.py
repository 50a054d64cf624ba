"""A stand-in for the reading half of Braintree's API, on this machine only.

It answers what the SDK asks when it finds something. It keeps no books and runs no billing; it
says what it was given.
"""

from __future__ import annotations

import base64
import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.braintree.wire import SETTINGS, Wire, document

PATHS = {
    "subscription": "subscriptions/{id}",
    "customer": "customers/{id}",
    "credit_card": "payment_methods/any/{token}",
    "paypal_account": "payment_methods/any/{token}",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that arrived."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, ready to be sent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class StandIn:
    """``load`` says what is at Braintree, ``next_replies`` what to say first."""

    def __init__(self, load: Callable[[], list[tuple[str, Wire]]]) -> None:
        self._load = load
        self.asked: list[Asked] = []
        self.next_replies: list[Reply | Callable[[BaseHTTPRequestHandler], None]] = []

    @property
    def paths(self) -> list[str]:
        """What has been asked for, in order, below the merchant's own path."""
        return [asked.path.removeprefix("/merchants/merchant1/") for asked in self.asked]

    def answer(self, asked: Asked) -> Reply:
        """Return what Braintree would say."""
        pair = f"{SETTINGS.public_key}:{SETTINGS.private_key.reveal()}".encode()
        if asked.headers.get("authorization") != f"Basic {base64.b64encode(pair).decode()}":
            return Reply(401)
        for tag, thing in self._load():
            if asked.path == f"/merchants/{SETTINGS.merchant_id}/{PATHS[tag].format(**thing)}":
                body = gzip.compress(document(tag, thing).encode())
                return Reply(200, body, {"content-encoding": "gzip"})
        return Reply(404)


@contextmanager
def served(stand_in: StandIn) -> Iterator[str]:
    """Serve a stand-in on a free port of this machine; return its origin."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers)
            stand_in.asked.append(asked)
            reply = stand_in.next_replies.pop(0) if stand_in.next_replies else None
            if callable(reply):
                reply(self)
                return
            reply = reply or stand_in.answer(asked)
            self.send_response(reply.status)
            given = {"content-type": "application/xml; charset=utf-8", **reply.headers}
            for name, value in (given | {"content-length": str(len(reply.body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
