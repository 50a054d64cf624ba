"""Every id that can be expanded is the id of something that is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accrue_core.errors import RemoteMissing
from accrue_fake.wire.stripe.shapes.render import expandable, included, render
from tests.wire.shapes.history import a_year
from tests.wire.shapes.rendered import Json, everything

ELSEWHERE = {"billing_portal.configuration"}
"""Kinds whose things have an id here and nothing more: nobody can change them."""


def objects_in(value: Any) -> Iterator[Json]:
    """Return an object and all objects inside it."""
    if isinstance(value, list):
        for item in value:
            yield from objects_in(item)
    elif isinstance(value, dict):
        if isinstance(value.get("object"), str) and value["object"] != "list":
            yield value
        for inner in value.values():
            yield from objects_in(inner)


def at(value: Any, path: list[str]) -> Iterator[str]:
    """Return the ids at the end of a path, through maps and lists."""
    if isinstance(value, list):
        for item in value:
            yield from at(item, path)
    elif path and isinstance(value, dict):
        yield from at(value.get(path[0]), path[1:])
    elif isinstance(value, str):
        yield value


def test_every_id_can_be_rendered_as_what_the_table_says_it_is() -> None:
    engine = a_year()
    seen = {
        (f"{one['object']}.{path}", kind, ref)
        for shown in everything(engine)
        for one in objects_in(shown)
        for path, kind in expandable().get(one["object"], {}).items()
        for ref in at(one, path.split("."))
        if kind not in ELSEWHERE
    }
    named = {(kind, ref) for _, kind, ref in seen}
    rendered = [render(engine, *one) for one in sorted(named)]

    assert {(found["object"], found["id"]) for found in rendered} == named
    assert {
        "subscription.customer",
        "subscription.latest_invoice",
        "subscription.default_payment_method",
        "subscription.discounts",
        "subscription.schedule",
        "subscription_schedule.subscription",
        "subscription_schedule.phases.items.price",
        "customer.invoice_settings.default_payment_method",
        "price.product",
        "line_item.pricing.price_details.price",
        "invoice.parent.subscription_details.subscription",
        "invoice_payment.payment.payment_intent",
        "payment_intent.payment_method",
        "payment_method.customer",
        "checkout.session.invoice",
        "discount.source.coupon",
        "customer_balance_transaction.invoice",
        "customer.test_clock",
        "subscription.test_clock",
        "invoice.test_clock",
    } - {path for path, _, _ in seen} == set()


def test_what_is_not_there_is_missing_by_kind() -> None:
    engine = a_year()
    for kind in ("customer", "payment_intent", "subscription_item", "discount", "product"):
        with pytest.raises(RemoteMissing):
            render(engine, kind, "no_such_thing")
    with pytest.raises(RemoteMissing):
        render(engine, "webhook_endpoint", "we_1")


def test_what_is_asked_for_and_is_not_there_is_null() -> None:
    engine = a_year()
    ref = next(iter(engine.books.invoices))

    assert included(engine, "invoice", ref, "threshold_reason") is None
    assert included(engine, "price", "price_monthly", "tiers") is None
    assert included(engine, "customer", next(iter(engine.books.customers)), "tax_ids")["data"] == []
