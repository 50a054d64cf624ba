"""What the Fake's Stripe server costs per request, among few things and among very many.

In this process, without a socket. The floor answers the same bytes from a dict, as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from typing import Any
from urllib.parse import urlencode

from accrue_core.contracts.routes import ASGIApplication
from accrue_fake import Engine
from accrue_fake.wire.stripe import status
from accrue_fake.wire.stripe.app import create_stripe_app
from accrue_fake.wire.stripe.served import dumped
from tests.bench.timing import Ratio, compare

SIZES = (1_000, 10_000, 100_000)
ROUNDS, REPEAT = 3, 10
KEY = b"Bearer sk_test_bench"
Form = dict[str, str]
Deed = Callable[[], Awaitable[object]]


class Line:
    """Asks an application, without a line."""

    def __init__(self, app: ASGIApplication) -> None:
        self._app = app

    async def ask(self, method: str, path: str, form: Form | None = None, key: str = "") -> bytes:
        """Return the body of an answer that must be 200."""
        written = urlencode(form or {}).encode()
        headers = [(b"authorization", KEY)] + ([(b"idempotency-key", key.encode())] if key else [])
        scope: dict[str, Any] = {"type": "http", "method": method, "path": path}
        scope |= {"headers": headers, "query_string": written if method == "GET" else b""}
        said: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"" if method == "GET" else written}

        async def send(message: Any) -> None:
            said.append(message)

        await self._app(scope, receive, send)
        if said[0]["status"] != 200:
            raise RuntimeError(f"{method} {path} was answered {said[1]['body'].decode()}")
        return bytes(said[1]["body"])


class Echo:
    """A server that is one dict: what an answer of this length costs at all."""

    def __init__(self, document: Any) -> None:
        self._kept = {"it": document}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        body = json.dumps(self._kept["it"]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


class Account:
    """A server to which customers come, each with a card, a subscription and an invoice."""

    def __init__(self) -> None:
        self.server = create_stripe_app(Engine())
        self.line = Line(self.server)
        self.customers: list[str] = []
        self.subscriptions: list[str] = []
        self._numbers = count(1)
        self._price = ""

    async def grow(self, objects: int) -> None:
        """Let customers come until there is so much of everything together."""
        if not self._price:
            asked = {"currency": "usd", "unit_amount": "900", "recurring[interval]": "month"}
            asked["product_data[name]"] = "P"
            self._price = json.loads(await self.line.ask("POST", "/v1/prices", asked))["id"]
        while 4 * len(self.customers) < objects:
            await self.pair()

    async def pair(self) -> None:
        """Let one more customer subscribe."""
        name = str(next(self._numbers))
        asked = {"email": f"{name}@bench.example", "payment_method": "pm_card_visa"}
        asked["metadata[name]"] = name
        customer = json.loads(await self.line.ask("POST", "/v1/customers", asked, f"c-{name}"))
        asked = {"customer": customer["id"], "items[0][price]": self._price}
        made = json.loads(await self.line.ask("POST", "/v1/subscriptions", asked, f"s-{name}"))
        self.customers.append(customer["id"])
        self.subscriptions.append(made["id"])

    def deeds(self) -> dict[str, Deed]:
        """Return what is measured, by name. Each can be done over and over."""
        ask, numbers, middle = self.line.ask, self._numbers, len(self.customers) // 2
        customer, email = self.customers[middle], f"{middle + 1}@bench.example"
        running = iter(self.subscriptions[middle + 1 :])
        behind = {"starting_after": customer}

        def get(path: str, form: Form | None = None) -> Deed:
            return lambda: ask("GET", path, form)

        def post(path: str, name: str, key: str = "") -> Deed:
            return lambda: ask("POST", path, {name: f"x{next(numbers)}"}, key)

        async def page() -> bytes:
            return status.page(self.server.engine, self.server.account)

        one = f"/v1/subscriptions/{self.subscriptions[middle]}"
        return {
            "create a customer": post("/v1/customers", "name"),
            "a customer who subscribes": self.pair,
            "retrieve, expanded": get(one, {"expand[]": "latest_invoice.payments"}),
            "update": post(f"/v1/customers/{customer}", "description"),
            "cancel": lambda: ask("DELETE", f"/v1/subscriptions/{next(running)}"),
            "asked again with its key": lambda: ask(
                "POST", "/v1/customers", {"name": "k"}, "again"
            ),
            "list: first page": get("/v1/customers"),
            "list: in the middle": get("/v1/customers", behind),
            "list: before the middle": get("/v1/customers", {"ending_before": customer}),
            "list: of a customer": get("/v1/invoices", {"customer": customer}),
            "list: by email": get("/v1/customers", {"email": email}),
            "search: email": get("/v1/customers/search", {"query": f'email:"{email}"'}),
            "search: metadata": get(
                "/v1/customers/search", {"query": f'metadata["name"]:"{middle}"'}
            ),
            "events": get("/v1/events"),
            "status page": page,
        }


async def measured() -> None:
    """Print what every deed costs at every size, and what is kept."""
    account = Account()
    for size in SIZES:
        began, before = time.process_time(), len(account.customers)
        await account.grow(size)
        pairs = len(account.customers) - before
        seconds = time.process_time() - began
        sys.stdout.write(f"{size:,} things, the newest {pairs:,} customers in {seconds:.0f} s\n")
        echo = Line(
            Echo(json.loads(await account.line.ask("GET", "/v1/customers", {"limit": "1"})))
        )
        for name, deed in account.deeds().items():
            sys.stdout.write(f"  {await _compared(name, deed, echo)}\n")
        for line in _kept(account, size):
            sys.stdout.write(f"  {line}\n")


async def _compared(name: str, deed: Deed, echo: Line) -> Ratio:
    await deed()
    floor = lambda: echo.ask("GET", "/")  # noqa: E731
    return await compare(name, deed, floor, rounds=ROUNDS, repeat=REPEAT)


def _kept(account: Account, size: int) -> Iterator[str]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    written = len(dumped(account.server))
    seconds = time.perf_counter() - began
    yield f"at most {peak // 1024} MiB, {peak * 1024 // size:,} bytes a thing with everything else"
    yield f"a snapshot has {written / 1e6:.0f} MB and takes {seconds:.2f} s"
