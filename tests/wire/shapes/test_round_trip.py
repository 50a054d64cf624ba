"""What our own plugin reads from what is rendered is what the engine says itself.

So whoever talks to the engine as to Stripe is told the same as who talks to it in process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from accrue_core.contracts.results import GoneSnapshot
from accrue_core.contracts.subscriptions import SubscriptionItemSnapshot, SubscriptionSnapshot
from accrue_fake import Engine
from accrue_fake.wire.stripe.shapes.render import render
from accrue_stripe.translate.checkout import checkout_session, page_of, portal_session
from accrue_stripe.translate.customers import customer
from accrue_stripe.translate.invoices import invoice
from accrue_stripe.translate.payment_methods import payment_method
from accrue_stripe.translate.schedules import schedule
from accrue_stripe.translate.subscriptions import subscription
from tests.wire.shapes.history import a_year, of_the_patient
from tests.wire.shapes.rendered import Json, whole

EXPLAINED = {
    ".product": "at Stripe every price is for a product; the engine may have been told of none",
}
"""Where a difference may be: how the place of a field ends, and why."""

ENGINES: dict[str, Callable[[], Engine]] = {"a year": a_year, "unpaid": of_the_patient}


def told(engine: Engine, kind: str, ref: str) -> Json:
    """Return what a client is told that asks for all our plugin asks for, as JSON carries it."""
    shown = whole(engine, kind, ref)
    if kind == "subscription":
        shown["discounts"] = [render(engine, "discount", one) for one in shown["discounts"]]
    read: Json = json.loads(json.dumps(shown))
    return read


def differences(ours: Any, theirs: Any, where: str) -> Iterator[str]:
    """Return each place where two snapshots differ, and is not explained."""
    if is_dataclass(ours) and type(ours) is type(theirs):
        for one in fields(ours):
            yield from differences(
                getattr(ours, one.name), getattr(theirs, one.name), f"{where}.{one.name}"
            )
    elif isinstance(ours, tuple) and isinstance(theirs, tuple) and len(ours) == len(theirs):
        for mine, other in zip(ours, theirs, strict=True):
            yield from differences(mine, other, where)
    elif ours != theirs and not any(where.endswith(place) for place in EXPLAINED):
        yield f"{where}: {ours!r} is read as {theirs!r}"


def items_read(engine: Engine, ref: str) -> tuple[SubscriptionItemSnapshot, ...]:
    read = subscription(told(engine, "subscription", ref))
    assert isinstance(read, SubscriptionSnapshot)
    return read.items


@pytest.fixture(params=sorted(ENGINES), scope="module")
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]()


@pytest.mark.parametrize(
    ("kind", "shelf", "read"),
    [
        ("invoice", "invoices", invoice),
        ("payment_method", "cards", payment_method),
        ("subscription", "subscriptions", subscription),
        ("checkout.session", "sessions", checkout_session),
        ("subscription_schedule", "schedules", schedule),
    ],
)
def test_what_is_read_is_what_the_engine_says(
    engine: Engine, kind: str, shelf: str, read: Callable[[object], Any]
) -> None:
    records = getattr(engine.books, shelf)
    found = [
        difference
        for ref, record in records.items()
        for difference in differences(record.snapshot, read(told(engine, kind, ref)), kind)
    ]

    assert found == []


def test_customers_are_read_as_what_they_are_or_as_gone(engine: Engine) -> None:
    for ref, record in engine.books.customers.items():
        read = customer(told(engine, "customer", ref))
        expected = GoneSnapshot("customer", ref) if record.is_deleted else record.snapshot

        assert list(differences(expected, read, "customer")) == []
        assert type(read) is type(expected)


def test_products_are_read_as_what_is_sold_whether_somebody_named_them_or_not() -> None:
    engine = a_year()
    pairs = [
        (ours.product, theirs.product)
        for ref, record in engine.books.subscriptions.items()
        for ours, theirs in zip(record.snapshot.items, items_read(engine, ref), strict=True)
    ]

    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert {ours for ours, _ in pairs} >= {"prod_monthly", "prod_euro"}


def test_the_pages_that_are_read_are_the_pages_there_are() -> None:
    engine = a_year()
    open_, closed = (
        [
            ref
            for ref, record in engine.books.sessions.items()
            if (record.snapshot.status == "open") is is_open
        ]
        for is_open in (True, False)
    )

    for ref in open_:
        action = page_of(told(engine, "checkout.session", ref))
        assert action is not None
        assert action == engine.checkout.fetch(ref).next_action
    assert [page_of(told(engine, "checkout.session", ref)) for ref in closed] == [None] * len(
        closed
    )
    for ref in engine.books.portals:
        session = portal_session(told(engine, "billing_portal.session", ref))
        assert session.url.reveal() == engine.addresses.of("portal", ref).reveal()
