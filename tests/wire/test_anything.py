"""Whatever is asked, of whatever is there, the answer has Stripe's shape and nothing breaks."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from accrue_fake import Engine
from accrue_fake.wire.stripe.app import StripeServer, create_stripe_app
from accrue_fake.wire.stripe.routes import DEEDS
from accrue_fake.wire.stripe.shapes.keys import API_VERSION
from accrue_fake.wire.stripe.shapes.notices import twin_of
from accrue_fake.wire.stripe.shapes.versions import RELEASES, release_of
from tests.stripe.conformance import violations
from tests.wire.shapes import earlier, second

SHAPES = files("accrue_fake.wire.stripe.shapes")
TAKES: dict[str, Any] = json.loads((SHAPES / "parameters.json").read_text())["routes"]
ROUTES = sorted(DEEDS)
WORDS = [
    "", "x", "0", "1", "-1", "now", "true", "false", "usd", "month", "year", "1798761600",
    "1767312000", "99999999999", "always_invoice", "none", "create_prorations", "void",
    "default_incomplete", "error_if_incomplete", "charge_automatically", "send_invoice", "card",
    "pm_card_visa", "pm_card_chargeDeclined", "tok_visa", "subscription", "release", "cancel",
    "https://shop.example/", "percent", "50", "once", "a" * 600, "\x00", "é", "data.customer",
    "customer", "latest_invoice.payments", "all", "active", "email:'x'", "*", "invoice.paid",
    "latest_invoice.payment_intent", "discount", "webhook_endpoint", "webhook_endpoint.url", "thin",
    "snapshot", "v1.invoice.paid", "2025-02-24.acacia", "2027-01-01T00:00:00Z",
]  # fmt: skip

VERSIONS = [f"{days[0]}.{name}".removesuffix(".") for name, days in RELEASES.items()]
DESTINATION = {
    "name": "Hooks", "type": "webhook_endpoint", "event_payload": "thin", "enabled_events": ["*"],
    "webhook_endpoint": {"url": "https://app.example/"},
}  # fmt: skip

PREFIXES = {
    "subscription_item": "si_", "subscription_schedule": "sub_sched", "subscription": "sub_fake",
    "customer": "cus_", "invoice_payment": "inpay", "invoice": "in_", "payment_method": "pm_",
    "payment_intent": "pi_", "setup_intent": "seti_", "session": "cs_", "price": "price_",
    "product": "p", "coupon": "HALF", "event_destination": "ed_", "event": "evt_",
    "webhook_endpoint": "we_",
    "test_clock": "clock_", "schedule": "sub_sched",
}  # fmt: skip
"""How the ids begin that a word in a path or a parameter's name is for."""


def opened() -> StripeServer:
    """Return a server with one thing of each kind."""
    server = create_stripe_app(Engine())
    do = server.do
    price = {"product": "p", "currency": "usd", "unit_amount": "900"}
    session = {"mode": "subscription", "success_url": "https://shop.example/"}
    phase = {"end_date": "1798761600"}
    for path, values in (
        ("/v1/products", {"id": "p", "name": "P"}),
        ("/v1/prices", {**price, "recurring": {"interval": "month"}}),
        ("/v1/prices", {**price, "recurring": {"interval": "year"}}),
        ("/v1/coupons", {"id": "HALF", "percent_off": "50"}),
        ("/v1/test_helpers/test_clocks", {"frozen_time": "1767312000"}),
        ("/v1/customers", {"payment_method": "pm_card_visa", "email": "x"}),
        ("/v1/customers", {"payment_method": "pm_card_visa", "test_clock": "clock_fake_00001"}),
        ("/v1/subscriptions", {"customer": "cus_fake_00001", "items": items()}),
        ("/v1/subscriptions", {"customer": "cus_fake_00002", "items": items()}),
        ("/v1/setup_intents", {"customer": "cus_fake_00001"}),
        ("/v1/checkout/sessions", {**session, "line_items": items()}),
        ("/v1/webhook_endpoints", {"url": "https://app.example/", "enabled_events": ["*"]}),
        (
            "/v1/subscription_schedules",
            {
                "customer": "cus_fake_00001",
                "start_date": "1767312000",
                "phases": [{**phase, "items": items()}],
            },
        ),
        ("/v2/core/event_destinations", DESTINATION),
    ):
        status, document = do("POST", path, values)
        assert status == 200, (path, document)
    return server


def items() -> list[dict[str, str]]:
    return [{"price": "price_fake_00001"}]


def refs_in(server: StripeServer) -> list[str]:
    books, account = server.engine.books, server.account
    shelves: list[dict[str, Any]] = [
        books.customers, books.subscriptions, books.invoices, books.cards, books.prices,
        books.sessions, books.schedules, books.clocks, books.coupons, account.setup_intents,
        account.endpoints, account.events,
    ]  # fmt: skip
    found = [ref for shelf in shelves for ref in list(shelf)[:3]]
    notices = [twin_of(ref) for ref in list(account.events)[:3]]
    return [
        *found,
        *notices,
        "p",
        "si_fake_00001",
        "pi_fake_00001",
        "inpay_fake_00001",
        "il_fake_00001",
    ]


def fitting(name: str, refs: list[str]) -> list[str]:
    """Return the ids that such a word is for."""
    prefixes = (prefix for word, prefix in PREFIXES.items() if word in name)
    prefix = next(prefixes, None)
    return [ref for ref in refs if prefix is not None and ref.startswith(prefix)] or refs


def value(data: st.DataObject, tree: Any, name: str, refs: list[str]) -> Any:
    """Draw something that a client might put there: mostly of the right form."""
    if not isinstance(tree, dict) or data.draw(st.integers(0, 19)) == 0:
        if name in PREFIXES and data.draw(st.integers(0, 4)):
            return data.draw(st.sampled_from(fitting(name, refs)))
        return data.draw(st.sampled_from([*WORDS, *refs]))
    if "[]" in tree:
        return [value(data, tree["[]"], name, refs) for _ in range(data.draw(st.integers(0, 2)))]
    if "*" in tree:
        return {"k": data.draw(st.sampled_from(WORDS))}
    names = data.draw(st.lists(st.sampled_from(sorted(tree)), max_size=3, unique=True))
    needed = ["price"] if "price" in tree else []
    return {one: value(data, tree[one], one, refs) for one in {*names, *needed}}


@settings(max_examples=60)
@given(st.data())
def test_no_request_breaks_anything(data: st.DataObject) -> None:
    server = opened()
    for _ in range(12):
        refs = refs_in(server)
        route = data.draw(st.sampled_from(ROUTES))
        method, _, path = route.partition(" ")
        while "{}" in path:
            collection = path.partition("/{}")[0].rpartition("/")[2]
            fit = [*fitting(collection, refs), "nonsense"]
            path = path.replace("{}", data.draw(st.sampled_from(fit)), 1)
        spec = TAKES.get(route, {"takes": {}, "required": []})
        tree = spec["takes"] or {}
        names = data.draw(st.lists(st.sampled_from(sorted(tree)), max_size=3)) if tree else []
        values = {name: value(data, tree[name], name, refs) for name in {*names, *spec["required"]}}

        version = data.draw(st.sampled_from(VERSIONS))

        status, document = server.do(method, path, values, version=version)

        assert status in (200, 400, 402, 404), document
        assert status == 200 or document["error"]["message"]
        assert (wrong_in(document, version) if status == 200 else []) == []
    for ref in list(server.account.events)[-3:]:
        told = server.desk.shown.event(ref, data.draw(st.sampled_from(VERSIONS)))
        if told["object"] == "event":
            assert wrong_in(told["data"]["object"], told["api_version"]) == []


def wrong_in(document: dict[str, Any], version: str) -> list[str]:
    """Return what is wrong with an answer, as it is told at a version."""
    if second.is_second(document) and "url" not in document:
        return second.wrong_in(document)
    if "id" not in document:
        return []
    if version == API_VERSION:
        return violations(document)
    return list(earlier.wrong_in(release_of(version) or "", document["object"], document))
