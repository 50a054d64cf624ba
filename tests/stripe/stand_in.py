"""A stand-in for the reading half of Stripe's API, on this machine only.

It answers what the processor asks when it fetches: one object, and the lists below it, in pages.
It keeps no books and runs no billing; it says what it was given. To have one of one's own:

    python -m tests.stripe.stand_in --port 12111 --object customer.json

The file holds one object or a list of them and is read again for every request, so editing it is
what "something changed at Stripe" means here.
"""

from __future__ import annotations

import argparse
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import uvicorn

from accrue_core.contracts.routes import ASGIApplication, Receive, Scope, Send
from tests.stripe.objects import Json

COLLECTIONS = {
    "customers": "customer",
    "payment_methods": "payment_method",
    "subscriptions": "subscription",
    "invoices": "invoice",
}
_FIRST_PAGE = 10
_LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, ready to be sent."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def problem(status: int, type_: str, **details: str) -> Reply:
    """Return an error as Stripe writes it."""
    body = {"error": {"type": type_, "message": "secret@person.example", **details}}
    return Reply(status, json.dumps(body).encode())


class StandIn:
    """An ASGI application; ``load`` says what is at Stripe, ``next_replies`` what to say first."""

    def __init__(self, load: Callable[[], list[Json]]) -> None:
        self._load = load
        self.asked: list[Asked] = []
        self.next_replies: list[Reply] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = Asked(
            method=scope["method"],
            path=scope["path"],
            query=parse_qs(scope["query_string"].decode()),
            headers={name.decode(): value.decode() for name, value in scope["headers"]},
        )
        self.asked.append(asked)
        reply = self.next_replies.pop(0) if self.next_replies else self._reply(asked)
        headers = {"content-type": "application/json", "request-id": "req_Test", **reply.headers}
        wire = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": wire})
        await send({"type": "http.response.body", "body": reply.body})

    def _reply(self, asked: Asked) -> Reply:
        if not asked.headers.get("authorization", "").startswith("Bearer sk_test_"):
            return problem(401, "invalid_request_error")
        parts = asked.path.strip("/").split("/")[1:]
        found = self._find(parts, asked.query) if asked.method == "GET" else None
        if found is None:
            return problem(404, "invalid_request_error", code="resource_missing", param="id")
        return Reply(200, json.dumps(found).encode())

    def _find(self, parts: list[str], query: dict[str, list[str]]) -> Json | None:
        match parts:
            case ["invoices", ref, "lines"]:
                return self._page("invoice", ref, "lines", query)
            case ["invoice_payments"]:
                return self._page("invoice", query["invoice"][0], "payments", query)
            case ["subscription_items"]:
                return self._page("subscription", query["subscription"][0], "items", query)
            case [collection, ref] if collection in COLLECTIONS:
                whole = self._get(COLLECTIONS[collection], ref)
                return whole and _first_pages(whole, query.get("expand[0]", []))
            case [collection] if collection in COLLECTIONS:
                kept = [one for one in self._load() if one["object"] == COLLECTIONS[collection]]
                return _page(kept, query, f"/v1/{collection}")
        return None

    def _get(self, object_: str, ref: str) -> Json | None:
        kept = (one for one in self._load() if (one["object"], one["id"]) == (object_, ref))
        return next(kept, None)

    def _page(self, object_: str, ref: str, key: str, query: dict[str, list[str]]) -> Json | None:
        whole = self._get(object_, ref)
        return whole and _page(whole[key]["data"], query, whole[key]["url"])


def _page(items: list[Json], query: dict[str, list[str]], url: str) -> Json:
    limit = min(int(query.get("limit", [str(_FIRST_PAGE)])[0]), _LARGEST_PAGE)
    refs = [item["id"] for item in items]
    after = query.get("starting_after")
    start = refs.index(after[0]) + 1 if after else 0
    data = items[start : start + limit]
    return {"object": "list", "data": data, "has_more": start + limit < len(items), "url": url}


def _first_pages(whole: Json, expanded: list[str]) -> Json:
    """Cut the lists in an object to their first page, and leave out what was not asked for."""
    shown = {key: value for key, value in whole.items() if key != "payments" or key in expanded}
    for key, value in shown.items():
        if isinstance(value, dict) and value.get("object") == "list":
            shown[key] = _page(value["data"], {}, value["url"])
    return shown


def objects_in(path: Path) -> list[Json]:
    """Read a file with one object or a list of them."""
    found = json.loads(path.read_text())
    return found if isinstance(found, list) else [found]


@contextmanager
def served(app: ASGIApplication) -> Iterator[str]:
    """Serve an application on a free port of this machine; return its origin."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none", http="h11")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def main() -> None:
    """Serve one file until interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--object", type=Path, required=True, action="append")
    given = parser.parse_args()
    app = StandIn(lambda: [one for path in given.object for one in objects_in(path)])
    uvicorn.run(app, host="127.0.0.1", port=given.port, lifespan="off", ws="none")


if __name__ == "__main__":
    main()
