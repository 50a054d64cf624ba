"""What is read besides payers, cards, subscriptions and invoices: each place of it, gone wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import pytest

from accrue_core.contracts.results import UnreadableSnapshot
from accrue_fake import Engine
from accrue_fake.wire.stripe.app import StripeServer, create_stripe_app
from accrue_stripe.operating.catalog import PLAN_METADATA
from accrue_stripe.operating.endpoints import _endpoint
from accrue_stripe.params.schedules import interval_of
from accrue_stripe.translate.catalog import offer
from accrue_stripe.translate.checkout import checkout_session, page_of, portal_session
from accrue_stripe.translate.customers import customer
from accrue_stripe.translate.schedules import schedule, start_of_current
from accrue_stripe.translate.subscriptions import subscription
from tests.stripe import objects, page_objects
from tests.stripe.conformance import violations
from tests.stripe.objects import Json
from tests.stripe.test_translation import WRONG, Translate, changed, outcome, places, setitem


@cache
def server() -> StripeServer:
    """Return a server with a customer who pays, and a price that recurs."""
    made = create_stripe_app(Engine())
    product = made.do("POST", "/v1/products", {"name": "Pro"})[1]["id"]
    price = {
        "currency": "usd",
        "unit_amount": "1000",
        "product": product,
        "recurring": {"interval": "month"},
    }
    made.do("POST", "/v1/prices", price)
    return made


def a_schedule() -> Json:
    """Return a schedule of two phases, the first of which runs."""
    asked = server().do
    (price,) = asked("GET", "/v1/prices", {})[1]["data"]
    payer = asked("POST", "/v1/customers", {"email": "payer@person.example"})[1]["id"]
    card = asked("POST", "/v1/payment_methods/pm_card_visa/attach", {"customer": payer})[1]["id"]
    default = {"invoice_settings": {"default_payment_method": card}}
    asked("POST", f"/v1/customers/{payer}", default)
    phase = {"items": [{"price": price["id"]}], "duration": {"interval": "month"}}
    plan = {"customer": payer, "start_date": "now", "phases": [phase, phase]}
    whole: Json = asked("POST", "/v1/subscription_schedules", plan)[1]
    return whole


def a_sold_price() -> Json:
    return objects.price() | {"product": objects.product()}


def a_taxed_customer() -> Json:
    whole = objects.customer()
    whole["tax"] |= {
        "automatic_tax": "supported",
        "location": {"country": "DE", "source": "billing_address", "state": None},
    }
    return whole


def a_paused_subscription() -> Json:
    return objects.subscription() | {"pause_collection": {"behavior": "void", "resumes_at": None}}


CASES: dict[str, tuple[Callable[[], Json], Translate, int]] = {
    "checkout_session": (page_objects.checkout_session, checkout_session, 25),
    "page": (page_objects.checkout_session, page_of, 15),
    "portal_session": (page_objects.portal_session, portal_session, 10),
    "schedule": (a_schedule, schedule, 100),
    "start": (a_schedule, start_of_current, 20),
    "offer": (a_sold_price, partial(offer, plan_field=PLAN_METADATA), 40),
    "interval": (a_sold_price, interval_of, 20),
    "taxed": (a_taxed_customer, customer, 60),
    "paused": (a_paused_subscription, subscription, 60),
}
KEPT = {
    ("page", ("url",)),
    ("page", ("status",)),
    ("offer", ("billing_scheme",)),
    ("offer", ("recurring", "interval")),
    ("portal_session", ("url",)),
    ("taxed", ("tax", "automatic_tax")),
    ("paused", ("pause_collection", "behavior")),
    ("paused", ("cancellation_details", "feedback")),
}
"""Where a word is kept as it is written, or is taken as saying nothing: it decides nothing."""


@pytest.mark.parametrize("name", CASES)
def test_a_value_that_is_wrong_is_refused_or_not_read(name: str) -> None:
    make, translate, least = CASES[name]
    whole = make()
    assert violations(whole) == []
    right, refused = translate(whole), 0
    assert not isinstance(right, UnreadableSnapshot)
    for path in places(whole):
        for wrong in WRONG:
            fault = changed(whole, path, partial(setitem, value=wrong))
            found: Any = outcome(translate, fault)
            if not violations(fault) or ((name, path) in KEPT and isinstance(wrong, str)):
                continue
            refused += found == "refused"
            is_unreadable = isinstance(found, UnreadableSnapshot) and path == ("status",)
            assert found in (right, "refused") or is_unreadable, (path, wrong)
    assert refused >= least


@pytest.mark.parametrize("name", CASES)
def test_a_place_that_is_missing_is_refused_or_not_read(name: str) -> None:
    make, translate, _ = CASES[name]
    whole = make()
    right, refused = translate(whole), 0
    for path in places(whole):
        if isinstance(path[-1], str):
            found = outcome(translate, changed(whole, path, lambda inner, key: inner.pop(key)))
            assert found in (right, "refused"), path
            refused += found == "refused"
    assert refused >= 2


def test_an_endpoint_is_read_or_refused() -> None:
    params = {"url": "https://app.example.com/x", "enabled_events": ["invoice.paid"]}
    whole = server().do("POST", "/v1/webhook_endpoints", params)[1]
    for path in places(whole):
        for wrong in WRONG:
            outcome(_endpoint, changed(whole, path, partial(setitem, value=wrong)))
    assert outcome(_endpoint, whole | {"enabled_events": [7]}) == "refused"
