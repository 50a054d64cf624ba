"""Senders of webhooks: honest ones, forgers, and those who hang up; and who listens inside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from accrue_core.contracts.routes import ASGIApplication
from accrue_core.settings import Secret
from accrue_fake.engine import signing
from tests.stage import Stage

PATH = "/webhooks/fake"


class Listener:
    """Hears every announced point; stops the one it is told to stop at."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.stop_at: str | None = None
        self.sent: list[Any] | None = None
        self.sent_by: dict[str, int] = {}

    def __call__(self, point: str) -> None:
        self.heard.append(point)
        if self.sent is not None:
            self.sent_by[point] = len(self.sent)
        if point == self.stop_at:
            raise ConnectionError("the database went away")


def document(ref: str = "evt_1", **changes: Any) -> bytes:
    """Return the body of an event about a customer that does not exist."""
    content = {
        "id": ref,
        "type": "customer.updated",
        "created": 1_767_225_600,
        "livemode": False,
        "data": {"object": {"object": "customer", "id": "cus_fake_00099"}},
    }
    return json.dumps(content | changes).encode()


def signed(
    stage: Stage,
    body: bytes,
    *,
    secret: Secret = signing.DEFAULT_SECRET,
    late: timedelta = timedelta(0),
) -> dict[str, str]:
    """Return the headers of a body that is signed, perhaps with the wrong secret or too late."""
    now = stage.engine.clock.now() - late
    return {
        "content-type": "application/json",
        signing.HEADER: signing.sign(body, secret=secret, now=now),
    }


async def send_in_parts(
    app: ASGIApplication,
    parts: Sequence[bytes],
    headers: Mapping[str, str],
    *,
    hangs_up: bool = False,
    sent: list[Any] | None = None,
) -> list[Any]:
    """Post a body in chunks, perhaps without its end; return the messages that came back."""
    answers: list[Any] = [] if sent is None else sent
    last = len(parts) - 1
    messages: list[Any] = [
        {"type": "http.request", "body": part, "more_body": hangs_up or n < last}
        for n, part in enumerate(parts)
    ]
    remaining = iter(messages)

    async def receive() -> Any:
        return next(remaining, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        answers.append(message)

    encoded = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
    scope = {
        "type": "http", "method": "POST", "path": PATH, "raw_path": PATH.encode(),
        "query_string": b"", "root_path": "", "headers": encoded,
    }  # fmt: skip
    await app(scope, receive, send)
    return answers


def status_of(answers: Sequence[Any]) -> int | None:
    """Return the status that was sent, if any was."""
    return next((m["status"] for m in answers if m["type"] == "http.response.start"), None)


@contextmanager
def counted_statements(stage: Stage) -> Iterator[list[str]]:
    """Collect the statements that are executed on both engines, transactions' own left out."""
    engines = stage.accrue.runtime.engines()
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    # On PostgreSQL the reader is the writer with an option, and hears what the writer hears.
    listening = [engines.writing.sync_engine]
    if engines.is_sqlite:
        listening.append(engines.reading.sync_engine)
    for engine in listening:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in listening:
            event.remove(engine, "before_cursor_execute", note)
