"""Replaying: what was written down is done once more, after a kill."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol, cast

import msgspec

from accrue_core.contracts.routes import Message, Scope
from accrue_core.errors import AccrueError, ConfigurationError
from accrue_fake.engine import codec
from accrue_fake.wire.stripe.account import Attempt
from accrue_fake.wire.stripe.app import StripeServer
from accrue_fake.wire.stripe.faults import Faults


class _Told(Exception):
    """An answer begins. Nobody waits for it."""


class _Hurried:
    """The faults of a server, as far as they hold nothing up."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._faults, name)

    def held(self, call: str) -> float:
        """Use the fault up, and let nobody wait."""
        self._faults.held(call)
        return 0.0


class Ask(Protocol):
    """Asks the engine behind a server, as its bench does."""

    def __call__(self, noun: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Ask, and return the result or raise."""
        ...


def recall(
    lines: Iterable[list[Any]],
    server: StripeServer,
    *,
    ask: Ask,
    turn: Callable[[str, str], object],
) -> None:
    """Do again what was written down. What was refused when it was first asked is refused again.

    ``turn`` posts a form to one of the pages.
    """
    for kind, *words in lines:
        match kind:
            case "asked":
                _ask_again(server, *words)
            case "posted":
                number, attempt = msgspec.convert(words, tuple[int, Attempt | None])
                server.courier.settle(number, attempt)
            case "question":
                noun, method, packed = words
                with suppress(AccrueError):
                    ask(noun, method, codec.unpack({"$": "map", "v": packed}))
            case "page":
                turn(*words)


def _ask_again(
    server: StripeServer,
    number: int,
    method: str,
    path: str,
    query: str,
    headers: list[list[str]],
    body: str,
) -> None:
    """Make a request again, under the number that it had. What failed fails in the same way."""
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), said.encode("latin-1")) for name, said in headers],
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body.encode("latin-1"), "more_body": False}

    async def send(_: Message) -> None:
        raise _Told

    server.account.numbers["req"] = number - 1
    faults, server.faults = server.faults, cast(Faults, _Hurried(server.faults))
    try:
        _driven(server(scope, receive, send))
    finally:
        server.faults = faults


def _driven(answering: Coroutine[Any, Any, None]) -> None:
    """Run to the end what waits for nothing; there may be no event loop yet."""
    while True:
        try:
            awaited = answering.send(None)
        except StopIteration:
            return
        except Exception:
            return
        if awaited is not None:
            answering.close()
            raise ConfigurationError("the journal has a request that cannot be made again")
