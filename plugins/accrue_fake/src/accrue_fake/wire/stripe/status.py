"""The status page: what there is, what happened, what was posted where, and the time."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from datetime import datetime
from html import escape
from importlib.resources import files
from itertools import islice

from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.account import Account, Attempt
from accrue_fake.wire.stripe.hosted import STYLE, document

PATHS = frozenset({"/", "/_fake", "/_fake/", STYLE})
_SHOWN = 30
_SIDEWAYS = "overflow-x: auto; white-space: nowrap"
"""On a small screen a table is moved by itself, and not the page."""

Row = tuple[str, ...]


def stylesheet() -> bytes:
    """Return the design of all of Accrue's pages."""
    return (files("accrue_core") / "pages" / "static" / "accrue.css").read_bytes()


def page(engine: Engine, account: Account) -> bytes:
    """Return the page. It names ids, types and times, and nothing personal."""
    tried = ("event", "endpoint", "attempt", "answer", "when")
    sections = (
        _counts(engine, account),
        _section("Events", ("id", "type", "object", "when"), _events(account)),
        _section("Webhook attempts", tried, _attempts(account)),
        _section("Requests", ("id", "request", "status", "when"), _requests(account)),
    )
    head = f'<p class="a-faint">It is <span>{_when(engine.books.engine_time)}</span> in here.</p>'
    return document("What there is and what happened", head, *sections, is_wide=True).encode()


def _counts(engine: Engine, account: Account) -> str:
    books = engine.books
    shelves: dict[str, Sized] = {
        "customers": books.customers,
        "payment methods": books.cards,
        "prices": books.prices,
        "subscriptions": books.subscriptions,
        "invoices": books.invoices,
        "checkout sessions": books.sessions,
        "events": account.events,
        "endpoints": account.endpoints,
        "webhooks owed": account.deliveries,
    }
    rows = [(name, f"{len(shelf):,}") for name, shelf in shelves.items()]
    return _section("What there is", ("kind", "how many"), rows)


def _events(account: Account) -> Iterable[Row]:
    for event in islice(reversed(account.events.values()), _SHOWN):
        yield event.ref, event.type, event.object_ref, _when(event.created_at)


def _attempts(account: Account) -> Iterable[Row]:
    for one in islice(reversed(account.attempts), _SHOWN):
        where = account.endpoints[one.endpoint].url if one.endpoint in account.endpoints else ""
        yield f"{one.event} {one.type}", where, str(one.attempt), _answer(one), _when(one.at)


def _requests(account: Account) -> Iterable[Row]:
    for asked in islice(reversed(account.requests), _SHOWN):
        yield asked.ref, f"{asked.method} {asked.path}", str(asked.status), _when(asked.at)


def _answer(attempt: Attempt) -> str:
    return attempt.trouble or str(attempt.status)


def _section(title: str, names: Row, rows: Iterable[Row]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    empty = f'<tr><td colspan="{len(names)}">Nothing yet.</td></tr>'
    return (
        f'<section class="a-card"><h2>{escape(title)}</h2>'
        f'<div role="region" aria-label="{escape(title)}" tabindex="0" style="{_SIDEWAYS}">'
        f'<table class="a-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body or empty}</tbody></table></div></section>"
    )


def _when(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
