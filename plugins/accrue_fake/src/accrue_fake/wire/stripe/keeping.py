"""Keeping: what a served account needs to be the same account after a kill.

Engine and account are deterministic, so they are a snapshot and what was asked since. Whatever may
change them is written down before its answer is sent: a kill loses at most what nobody was told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from accrue_core.contracts.routes import Message, Receive, Scope, Send
from accrue_core.errors import ConfigurationError
from accrue_fake.engine.books import save
from accrue_fake.engine.engine import Engine
from accrue_fake.notebook import Notebook
from accrue_fake.wire.stripe.account import Account
from accrue_fake.wire.stripe.app import StripeServer, create_stripe_app
from accrue_fake.wire.stripe.calls import require_key
from accrue_fake.wire.stripe.problems import Refused

FEWEST = 2_000
"""How many lines are written at least before they go into a new snapshot."""

BYTES_PER_LINE = 20_000
"""A larger snapshot waits for more of them, so that it costs each line the same."""

_READ = (b"authorization", b"content-type", b"idempotency-key")


@dataclass(slots=True)
class _Asked:
    """A request that is being answered, as it can be made again."""

    number: int
    scope: Scope
    is_loud: bool
    body: bytearray = field(default_factory=bytearray)
    is_noted: bool = False


_ASKED: ContextVar[_Asked | None] = ContextVar("accrue_fake_stripe_asked", default=None)


class Keeper:
    """The file of the books, and beside it a journal of what may have changed them since."""

    def __init__(self, books: Path) -> None:
        self._books = books
        self._lines = Notebook(books.with_name(f"{books.name}.journal"))
        self._written, self._most = 0, FEWEST

    def load(self) -> StripeServer | None:
        """Return a server as the snapshot has it; without one, a journal is of nothing."""
        if not self._books.exists():
            self._lines.clear()
            return None
        server = loaded(self._books.read_bytes())
        self._lines.number = server.account.noted
        if server.account.pages is not None:
            server.engine.pages_at(server.account.pages)
        return server

    def since(self) -> Iterator[list[Any]]:
        """Return what was written down since then, the kind of each thing first."""
        return self._lines.read()

    def note(self, kind: str, *words: Any) -> None:
        """Write down one thing that was done."""
        self._lines.write(kind, *words)
        self._written += 1

    @property
    def is_due(self) -> bool:
        """Whether so much was written down that a snapshot is due."""
        return self._written >= self._most

    def compact(self, server: StripeServer) -> None:
        """Write a snapshot that contains everything so far, and begin an empty journal."""
        server.account.noted = self._lines.number
        data = dumped(server)
        save(self._books, data)
        self._lines.clear()
        self._written, self._most = 0, max(FEWEST, len(data) // BYTES_PER_LINE)

    def follow(self, server: StripeServer) -> None:
        """Write down from now on what requests do, and what comes of posting webhooks."""
        server.desk.when_done = lambda: self._done(server)
        server.courier.when_posted = partial(self.note, "posted")

    @contextmanager
    def asking(
        self, server: StripeServer, scope: Scope, receive: Receive, send: Send
    ) -> Iterator[tuple[Scope, Receive, Send]]:
        """Watch a request go by. It is written down at the latest when its answer begins.

        The server behind sees a name for its key: no journal ever holds one.
        """
        number = server.account.numbers.get("req", 0) + 1
        scope = scope if server.keys is not None else _without_key(scope)
        asked = _Asked(number, scope, not server.engine.scenarios.is_quiet)

        async def receive_noted() -> Message:
            message = await receive()
            asked.body += message.get("body", b"")
            return message

        async def send_noted(message: Message) -> None:
            self._answer(asked)
            await send(message)

        token = _ASKED.set(asked)
        try:
            yield scope, receive_noted, send_noted
        finally:
            _ASKED.reset(token)
            self._answer(asked)

    def _done(self, server: StripeServer) -> None:
        """Write down the request that does something just now, unless it only looks."""
        asked = _ASKED.get()
        if asked is None or asked.is_noted:
            return
        is_loud = asked.is_loud or not server.engine.scenarios.is_quiet
        if is_loud or asked.scope["method"] != "GET":
            self._note(asked)

    def _answer(self, asked: _Asked) -> None:
        """Write down a request that did nothing, but may have used up a fault."""
        if asked.is_loud and not asked.is_noted:
            self._note(asked)

    def _note(self, asked: _Asked) -> None:
        asked.is_noted = True
        scope = asked.scope
        headers = [[name.decode("latin-1"), said.decode("latin-1")] for name, said in _kept(scope)]
        query = bytes(scope.get("query_string", b"")).decode("latin-1")
        place = (str(scope["method"]), str(scope["path"]), query)
        self.note("asked", asked.number, *place, headers, asked.body.decode("latin-1"))


def dumped(server: StripeServer) -> bytes:
    """Write a server down: a line for the account, then the engine's books."""
    return server.account.dump() + b"\n" + server.engine.dump()


def loaded(data: bytes) -> StripeServer:
    """Return a server that goes on from what was written down."""
    account, separator, books = data.partition(b"\n")
    if not separator:
        raise ConfigurationError("this is not a file of the Fake's Stripe server")
    return create_stripe_app(Engine.load(books), account=Account.load(account))


def _kept(scope: Scope) -> Iterator[tuple[bytes, bytes]]:
    """Return the headers that an answer may depend on."""
    for name, said in scope["headers"]:
        lower = name.lower()
        if lower.startswith(b"stripe-") or lower in _READ:
            yield lower, said


def _without_key(scope: Scope) -> Scope:
    """Put another key in the place of a good one, always the same for the same."""
    headers = [_nameless(name, said) for name, said in scope["headers"]]
    return {**scope, "headers": headers}


def _nameless(name: bytes, said: bytes) -> tuple[bytes, bytes]:
    if name.lower() != b"authorization":
        return name, said
    try:
        key = require_key(said.decode("latin-1"), None)
    except Refused:
        return name, said
    digest = hashlib.blake2b(key.encode(), digest_size=12).hexdigest()
    return name, b"Bearer sk_test_%b" % digest.encode()
