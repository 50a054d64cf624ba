"""Served: the application as a process of its own, with books that survive it and a status page.

``create`` is what an ASGI server is pointed at. What it is to be is in the environment, since the
server that imports it passes nothing on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from accrue_core.clock import SystemClock
from accrue_core.contracts.routes import Message, Receive, Scope, Send
from accrue_core.errors import AccrueError, ConfigurationError
from accrue_fake.engine.addresses import NOWHERE
from accrue_fake.engine.books import save
from accrue_fake.engine.door import Door
from accrue_fake.engine.engine import Engine
from accrue_fake.settings import FakeSettings
from accrue_fake.wire.stripe import bench, hosted, seeding, status
from accrue_fake.wire.stripe.account import Account
from accrue_fake.wire.stripe.app import StripeServer, create_stripe_app, read_body
from accrue_fake.wire.stripe.calls import require_key
from accrue_fake.wire.stripe.faults import CutOff
from accrue_fake.wire.stripe.problems import Refused

_PREFIX = "ACCRUE_FAKE_STRIPE_"


class Served:
    """A server that people and test benches reach over a real line."""

    def __init__(self, server: StripeServer, *, books: Path | None = None) -> None:
        self.server = server
        self._books = books
        self._door = Door(server.engine)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one whose connection is to break gets half an answer."""
        if scope["type"] == "lifespan":
            await self.server(scope, receive, self._saving(send))
            return
        if scope["type"] == "http" and scope["path"] in status.PATHS and scope["method"] == "GET":
            await self._show(str(scope["path"]), send)
            return
        if scope["type"] == "http" and scope["path"] == bench.PATH:
            await self._bench(scope, receive, send)
            return
        if scope["type"] == "http" and hosted.is_page(scope["method"], scope["path"]):
            await self._host(scope, receive, send)
            return
        try:
            await self.server(scope, receive, send)
        except CutOff:
            await _begin(send, 200, "application/json", 2)

    def save(self) -> None:
        """Write the account and the books into one file."""
        if self._books is not None:
            save(self._books, dumped(self.server))

    def _saving(self, send: Send) -> Send:
        """Write everything down before the end is announced: nothing waits for what comes after."""

        async def announce(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                self.save()
            await send(message)

        return announce

    async def _show(self, path: str, send: Send) -> None:
        is_style = path == hosted.STYLE
        body = (
            status.stylesheet()
            if is_style
            else status.page(self.server.engine, self.server.account)
        )
        kind = "text/css" if is_style else "text/html"
        await _begin(send, 200, f"{kind}; charset=utf-8", len(body))
        await send({"type": "http.response.body", "body": body})

    async def _host(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one of the pages that sessions lead to; only what is posted does anything."""
        try:
            body = await read_body(receive) if scope["method"] == "POST" else b""
        except (Refused, CutOff):
            return
        page = hosted.answer(self.server.engine, str(scope["path"]), body)
        self.server.desk.tidy()
        self.server.courier.wake()
        content = page.body.encode()
        if page.location is not None:
            headers = [(b"location", page.location.encode()), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 303, "headers": headers})
        else:
            await _begin(send, page.status, "text/html; charset=utf-8", len(content))
        await send({"type": "http.response.body", "body": content})

    async def _bench(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do what one question asks, in the words of the engine's door."""
        try:
            headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
            require_key(headers.get("authorization", b"").decode("latin-1"), self.server.keys)
            noun, method, arguments = bench.read_question(await read_body(receive))
            answer = bench.answer(self.ask(noun, method, arguments))
        except Refused as refused:
            answer = bench.refusal(AccrueError(refused.error["message"]))
        except AccrueError as error:
            answer = bench.refusal(error)
        await _begin(send, 200, "application/json", len(answer))
        await send({"type": "http.response.body", "body": answer})

    def ask(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Ask the engine for anything that its door lists, and owe what webhooks come of it."""
        desk = self.server.desk
        if (noun, method) in (("engine", "advance"), ("engine", "advance_to")):
            moment: datetime = arguments.get("moment") or desk.now + arguments["delta"]
            desk.advance_to(moment, clock=arguments.get("clock"))
            result: Any = moment
        else:
            result = self._door.call(noun, method, arguments)
            desk.tidy()
        self.server.courier.wake()
        return result


def create(environ: Mapping[str, str] | None = None) -> Served:
    """Return the server that the environment describes."""
    given = os.environ if environ is None else environ
    books = Path(given[f"{_PREFIX}BOOKS"]) if given.get(f"{_PREFIX}BOOKS") else None
    if books is not None and books.exists():
        kept = loaded(books.read_bytes())
        kept.engine.pages_at(_pages(given))
        return Served(kept, books=books)
    start = given.get(f"{_PREFIX}START")
    moment = (
        datetime.fromisoformat(start).replace(tzinfo=UTC)
        if start
        else SystemClock().now().replace(microsecond=0)
    )
    seed, pages = int(given.get(f"{_PREFIX}SEED", "0")), _pages(given)
    server = create_stripe_app(Engine(seed=seed, start=moment, pages=pages))
    seed_file = given.get(f"{_PREFIX}SEED_FILE")
    if seed_file:
        seeding.seed(seeding.steps_in(Path(seed_file)), server.do, server.desk.name_next)
    return Served(server, books=books)


def _pages(given: Mapping[str, str]) -> str:
    """Return where pages are: where a host serves them, if one does, else at this server."""
    elsewhere = FakeSettings.from_env(given).pages_url
    return elsewhere if elsewhere != NOWHERE else given.get(f"{_PREFIX}ORIGIN", NOWHERE)


def environment(
    *, books: Path | None, seed_file: Path | None, seed: int, start: str | None
) -> dict[str, str]:
    """Return what ``create`` reads."""
    said = {"BOOKS": books, "SEED_FILE": seed_file, "SEED": seed, "START": start}
    return {f"{_PREFIX}{name}": str(value) for name, value in said.items() if value is not None}


def dumped(server: StripeServer) -> bytes:
    """Write a server down: a line for the account, then the engine's books."""
    return server.account.dump() + b"\n" + server.engine.dump()


def loaded(data: bytes) -> StripeServer:
    """Return a server that goes on from what was written down."""
    account, separator, books = data.partition(b"\n")
    if not separator:
        raise ConfigurationError("this is not a file of the Fake's Stripe server")
    return create_stripe_app(Engine.load(books), account=Account.load(account))


async def _begin(send: Send, status_: int, kind: str, length: int) -> None:
    headers = {"content-type": kind, "content-length": str(length)}
    wire = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status_, "headers": wire})
