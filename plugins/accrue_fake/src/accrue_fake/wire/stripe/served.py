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
from accrue_core.errors import AccrueError
from accrue_fake import questions
from accrue_fake.engine import codec
from accrue_fake.engine.addresses import NOWHERE
from accrue_fake.engine.books import save
from accrue_fake.engine.door import Door
from accrue_fake.engine.engine import Engine
from accrue_fake.settings import FakeSettings
from accrue_fake.wire.stripe import hosted, seeding, status
from accrue_fake.wire.stripe.app import StripeServer, create_stripe_app
from accrue_fake.wire.stripe.asking import read_body
from accrue_fake.wire.stripe.calls import require_key
from accrue_fake.wire.stripe.faults import CutOff
from accrue_fake.wire.stripe.keeping import Keeper, dumped, loaded
from accrue_fake.wire.stripe.limiting import Limit
from accrue_fake.wire.stripe.problems import Refused
from accrue_fake.wire.stripe.replaying import recall

__all__ = ["Served", "create", "dumped", "environment", "loaded"]

_PREFIX = "ACCRUE_FAKE_STRIPE_"


class Served:
    """A server that people and test benches reach over a real line.

    ``save`` writes it into a file of ``books``. With ``keep`` that is done by itself, and what
    happens in between is written down before it is answered.
    """

    def __init__(self, server: StripeServer, *, books: Path | None = None) -> None:
        self.server = server
        self._books = books
        self._door = Door(server.engine)
        self._keeper: Keeper | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one whose connection is to break gets half an answer."""
        if scope["type"] == "lifespan":
            await self.server(scope, receive, self._saving(send))
            return
        if scope["type"] == "http" and scope["path"] in status.PATHS and scope["method"] == "GET":
            await self._show(str(scope["path"]), send)
            return
        if scope["type"] == "http" and scope["path"] == questions.PATH:
            await self._bench(scope, receive, send)
            return
        if scope["type"] == "http" and hosted.is_page(scope["method"], scope["path"]):
            await self._host(scope, receive, send)
            return
        try:
            await self._ask(scope, receive, send)
        except CutOff:
            await _begin(send, 200, "application/json", 2)

    def keep(self, keeper: Keeper, *, pages: str) -> None:
        """Do again what was written down after the snapshot, and write down what comes.

        From then on its pages are at an address that may not be the one they had.
        """
        recall(keeper.since(), self.server, ask=self.ask, turn=self._turn)
        self.server.faults.clear_answers()
        self._move(pages)
        keeper.compact(self.server)
        keeper.follow(self.server)
        self._keeper = keeper

    async def _ask(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._keeper is None:
            await self.server(scope, receive, send)
            return
        with self._keeper.asking(self.server, scope, receive, send) as asked:
            await self.server(*asked)
        self._keep()

    def save(self) -> None:
        """Write the account and the books into one file."""
        if self._keeper is not None:
            self._keeper.compact(self.server)
        elif self._books is not None:
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
        page = self._turn(str(scope["path"]), body.decode("latin-1"))
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
            noun, method, arguments = questions.read_question(await read_body(receive))
            answer = questions.answer(self.ask(noun, method, arguments))
        except Refused as refused:
            answer = questions.refusal(AccrueError(refused.error["message"]))
        except AccrueError as error:
            answer = questions.refusal(error)
        await _begin(send, 200, "application/json", len(answer))
        await send({"type": "http.response.body", "body": answer})

    def ask(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Ask the engine for anything that its door lists, and owe what webhooks come of it."""
        packed = {name: codec.pack(value) for name, value in arguments.items()}
        try:
            return self._asked(noun, method, arguments)
        finally:
            self._keep("question", noun, method, packed)
            self.server.courier.wake()

    def _asked(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        desk = self.server.desk
        if (noun, method) in (("engine", "advance"), ("engine", "advance_to")):
            moment: datetime = arguments.get("moment") or desk.now + arguments["delta"]
            desk.advance_to(moment, clock=arguments.get("clock"))
            return moment
        if (noun, method) == ("engine", "pages_at"):
            self._move(**arguments)
            return None
        if noun == "faults":
            self.server.faults.order(method, arguments)
            return None
        result = self._door.call(noun, method, arguments)
        desk.tidy()
        return result

    def _turn(self, path: str, form: str) -> hosted.Answer:
        """Answer a page; only what is posted does anything."""
        try:
            return hosted.answer(self.server.engine, path, form.encode("latin-1"))
        finally:
            self.server.desk.tidy()
            if form:
                self._keep("page", path, form)
            self.server.courier.wake()

    def _keep(self, *words: Any) -> None:
        """Write down what was done, if anything, and everything when it is time for that."""
        if self._keeper is None:
            return
        if words:
            self._keeper.note(*words)
        if self._keeper.is_due:
            self._keeper.compact(self.server)

    def _move(self, pages: str) -> None:
        self.server.engine.pages_at(pages)
        self.server.account.pages = pages


def create(environ: Mapping[str, str] | None = None) -> Served:
    """Return the server that the environment describes."""
    given = os.environ if environ is None else environ
    if not given.get(f"{_PREFIX}BOOKS"):
        return _limited(Served(_new(given)), given)
    keeper = Keeper(Path(given[f"{_PREFIX}BOOKS"]))
    served = Served(keeper.load() or _new(given))
    served.keep(keeper, pages=_pages(given))
    return _limited(served, given)


def _limited(served: Served, given: Mapping[str, str]) -> Served:
    """Have it answer so many requests a second as it is told, if it is."""
    per_second = given.get(f"{_PREFIX}RATE_LIMIT")
    served.server.limit = None if per_second is None else Limit(float(per_second))
    return served


def _new(given: Mapping[str, str]) -> StripeServer:
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
    return server


def _pages(given: Mapping[str, str]) -> str:
    """Return where pages are: where a host serves them, if one does, else at this server."""
    elsewhere = FakeSettings.from_env(given).pages_url
    return elsewhere if elsewhere != NOWHERE else given.get(f"{_PREFIX}ORIGIN", NOWHERE)


def environment(
    *,
    books: Path | None,
    seed_file: Path | None,
    seed: int,
    start: str | None,
    rate_limit: float | None = None,
) -> dict[str, str]:
    """Return what ``create`` reads."""
    said = {
        "BOOKS": books,
        "SEED_FILE": seed_file,
        "SEED": seed,
        "START": start,
        "RATE_LIMIT": rate_limit,
    }
    return {f"{_PREFIX}{name}": str(value) for name, value in said.items() if value is not None}


async def _begin(send: Send, status_: int, kind: str, length: int) -> None:
    headers = {"content-type": kind, "content-length": str(length)}
    wire = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status_, "headers": wire})
