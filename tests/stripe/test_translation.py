"""Stripe's JSON becomes snapshots: rightly, or loudly not at all."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from accrue_core.contracts.invoices import InvoicePaymentSnapshot, InvoiceSnapshot, InvoiceStatus
from accrue_core.contracts.payment_methods import PaymentMethodSnapshot
from accrue_core.contracts.results import GoneSnapshot, UnreadableSnapshot
from accrue_core.contracts.subscriptions import SubscriptionSnapshot, SubscriptionStatus
from accrue_core.errors import UnknownVocabulary
from accrue_core.money import Money
from accrue_core.owners import Owner
from accrue_stripe.translate.customers import customer
from accrue_stripe.translate.invoices import invoice
from accrue_stripe.translate.payment_methods import payment_method
from accrue_stripe.translate.subscriptions import subscription
from tests.stripe import invoice_objects, objects, page_objects
from tests.stripe.conformance import violations
from tests.stripe.objects import FEBRUARY, JANUARY, NOON, Json

Translate = Callable[[object], Any]
Path = tuple[str | int, ...]

WHOLE: dict[str, tuple[Callable[[], Json], Translate]] = {
    "customer": (objects.customer, customer),
    "card": (objects.card, payment_method),
    "bank_account": (objects.bank_account, payment_method),
    "subscription": (objects.subscription, subscription),
    "invoice": (invoice_objects.invoice, invoice),
}
VERBATIM: set[Path] = {("billing_reason",), ("type",), ("cancellation_details", "feedback")}
"""Words of Stripe's that decide nothing and are kept as they are written."""
WRONG: tuple[object, ...] = (None, True, 7, 1.5, "word", "", [], [7], {}, {"id": 7}, -1, 10**30)


def usd(minor: int) -> Money:
    return Money(minor, "usd")


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def places(data: object, path: Path = ()) -> Iterator[Path]:
    """Walk every place in an object; metadata is the host's, so nothing inside it is a fault."""
    if path and path[-1] == "metadata":
        return
    parts = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data if isinstance(data, list) else ())
    )
    for key, value in parts:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(whole: Json, path: Path, change: Callable[[Any, Any], None]) -> Json:
    """Return a copy with one change made at one place."""
    copied = copy.deepcopy(whole)
    inner: Any = copied
    for key in path[:-1]:
        inner = inner[key]
    change(inner, path[-1])
    return copied


def setitem(inner: Any, key: str | int, *, value: object) -> None:
    inner[key] = value


def outcome(translate: Translate, data: object) -> object:
    """Translate, and return what was refused by name as a word."""
    try:
        return translate(data)
    except UnknownVocabulary:
        return "refused"


@pytest.mark.parametrize(
    "make",
    [
        objects.customer,
        objects.card,
        objects.bank_account,
        objects.subscription_item,
        objects.subscription,
        invoice_objects.invoice_line,
        invoice_objects.proration_line,
        invoice_objects.invoice_payment,
        invoice_objects.invoice,
        page_objects.checkout_session,
        page_objects.portal_session,
    ],
)
def test_our_objects_have_the_shape_that_the_sdk_describes(make: Callable[[], Json]) -> None:
    assert violations(make()) == []


def test_the_shape_check_finds_planted_faults() -> None:
    whole = invoice_objects.invoice()
    whole["lines"]["data"][0]["period"]["start"] = "1"
    whole["status"] = "half-paid"
    whole["subscription"] = "sub_Pro"
    whole["parent"]["subscription_details"]["subscription"] = None
    del whole["amount_due"], whole["payments"]["has_more"]
    assert sorted(violations(whole)) == [
        "invoice.amount_due: missing",
        "invoice.lines.data[0].period.start: str instead of int",
        "invoice.parent.subscription_details.subscription: null",
        "invoice.payments.has_more: missing",
        "invoice.status: 'half-paid' is not a word of Stripe's",
        "invoice.subscription: extra",
    ]


@pytest.mark.parametrize("name", WHOLE)
def test_a_missing_key_is_refused_or_not_read(name: str) -> None:
    make, translate = WHOLE[name]
    whole, right = make(), translate(make())
    refused = 0
    for path in places(whole):
        if isinstance(path[-1], str):
            found = outcome(translate, changed(whole, path, lambda inner, key: inner.pop(key)))
            assert found in (right, "refused"), path
            refused += found == "refused"
    assert refused >= 8


@pytest.mark.parametrize("name", WHOLE)
def test_a_value_that_the_sdk_calls_wrong_is_refused_or_not_read(name: str) -> None:
    make, translate = WHOLE[name]
    whole, right = make(), translate(make())
    refused = tried = 0
    for path in places(whole):
        for wrong in WRONG:
            fault = changed(whole, path, partial(setitem, value=wrong))
            found = outcome(translate, fault)
            if not violations(fault) or (path in VERBATIM and isinstance(wrong, str)):
                continue
            tried += 1
            refused += found == "refused"
            is_unreadable = isinstance(found, UnreadableSnapshot) and path == ("status",)
            assert found in (right, "refused") or is_unreadable, (path, wrong)
    assert tried > 200
    assert refused > 60


@pytest.mark.parametrize("translate", [customer, payment_method, subscription, invoice])
@pytest.mark.parametrize("data", [*WRONG, {"object": "charge", "id": "ch_1"}])
def test_what_is_no_such_object_is_refused(translate: Translate, data: object) -> None:
    assert outcome(translate, data) == "refused"


@pytest.mark.parametrize(
    ("translate", "noun"),
    [
        (customer, "customer"),
        (payment_method, "payment_method"),
        (subscription, "subscription"),
        (invoice, "invoice"),
    ],
)
def test_a_deleted_object_is_gone(translate: Translate, noun: str) -> None:
    assert translate(objects.deleted(noun, "ref_1")) == GoneSnapshot(noun, "ref_1")
    assert outcome(translate, objects.deleted(noun, "ref_1") | {"deleted": "yes"}) == "refused"


@pytest.mark.parametrize("word", ["hibernating", "Active", "active "])
def test_an_unknown_status_is_unreadable_and_keeps_its_word(word: str) -> None:
    changes = {"status": word, "collection_method": "barter"}
    assert subscription(objects.subscription() | changes) == UnreadableSnapshot(
        "subscription", "sub_Pro", word
    )
    assert invoice(invoice_objects.invoice() | changes) == UnreadableSnapshot(
        "invoice", "in_First", word
    )


def test_a_refusal_names_the_place_and_no_personal_data() -> None:
    whole = objects.customer() | {"name": ["Jane Doe"]}
    with pytest.raises(UnknownVocabulary) as refused:
        customer(whole)
    assert (refused.value.where, refused.value.word) == ("customer.name", "a list instead of text")
    whole = objects.customer() | {"metadata": {"accrue_owner_type": "jane:doe"}}
    with pytest.raises(UnknownVocabulary) as refused:
        customer(whole)
    assert "jane" not in str(refused.value)
    whole = invoice_objects.invoice()
    whole["lines"]["data"][0]["parent"]["type"] = "barter_details"
    with pytest.raises(UnknownVocabulary) as refused:
        invoice(whole)
    assert refused.value.where == "invoice.lines[0].parent.type"
    assert refused.value.word == "barter_details"


@pytest.mark.parametrize(
    ("metadata", "owner"),
    [
        ({}, None),
        (None, None),
        ({"accrue_owner_type": "team", "accrue_owner_id": "42"}, Owner("team", "42")),
        ({"accrue_owner_type": "team"}, "refused"),
        ({"accrue_owner_id": "42"}, "refused"),
        ({"accrue_owner_type": "te:am", "accrue_owner_id": "42"}, "refused"),
        ({"accrue_owner_type": "team", "accrue_owner_id": ""}, "refused"),
    ],
)
def test_the_owner_of_a_customer_is_in_its_metadata(metadata: object, owner: object) -> None:
    found = outcome(customer, objects.customer() | {"metadata": metadata})
    assert getattr(found, "owner", found) == owner


def test_things_that_may_be_expanded_are_read_either_way() -> None:
    whole = objects.subscription()
    whole["customer"] = objects.customer()
    whole["default_payment_method"] = objects.card()
    whole["latest_invoice"] = invoice_objects.invoice()
    whole["items"]["data"][0]["price"]["product"] = {"id": "prod_Pro", "object": "product"}
    found = subscription(whole)
    assert isinstance(found, SubscriptionSnapshot)
    assert (found.customer, found.default_payment_method, found.latest_invoice) == (
        "cus_TeamFortyTwo",
        "pm_Visa4242",
        "in_First",
    )
    assert found.items[0].product == "prod_Pro"
    whole = objects.customer()
    whole["invoice_settings"]["default_payment_method"] = objects.card()
    assert customer(whole) == customer(objects.customer())


def test_a_customer_that_was_deleted_is_still_named_by_its_invoice() -> None:
    whole = invoice_objects.invoice() | {
        "customer": objects.deleted("customer", "cus_TeamFortyTwo")
    }
    assert invoice(whole) == invoice(invoice_objects.invoice())


def test_items_have_periods_of_their_own() -> None:
    whole = objects.subscription()
    yearly = objects.subscription_item("si_Yearly") | {"current_period_end": FEBRUARY + 1}
    whole["items"]["data"].append(yearly)
    found = subscription(whole)
    assert isinstance(found, SubscriptionSnapshot)
    assert [item.current_period_end for item in found.items] == [at(FEBRUARY), at(FEBRUARY + 1)]


def test_a_period_of_before_basil_is_read_from_the_subscription() -> None:
    whole = objects.subscription()
    for key in ("current_period_start", "current_period_end"):
        whole[key] = whole["items"]["data"][0].pop(key)
    assert subscription(whole) == subscription(objects.subscription())
    del whole["current_period_end"]
    assert outcome(subscription, whole) == "refused"


@pytest.mark.parametrize("key", ["subscription", "charge", "payment_intent", "paid"])
def test_an_invoice_of_before_basil_is_refused_by_name(key: str) -> None:
    whole = invoice_objects.invoice()
    del whole["parent"]
    with pytest.raises(UnknownVocabulary, match="basil"):
        invoice(whole | {key: None})


def test_only_the_first_page_of_a_list_is_not_read_as_all_of_it() -> None:
    for key in ("lines", "payments"):
        whole = invoice_objects.invoice()
        whole[key]["has_more"] = True
        assert outcome(invoice, whole) == "refused"


def test_a_metered_item_has_no_quantity() -> None:
    whole = objects.subscription()
    item = whole["items"]["data"][0]
    del item["quantity"]
    assert outcome(subscription, whole) == "refused"
    item["price"]["recurring"]["usage_type"] = "metered"
    found = subscription(whole)
    assert isinstance(found, SubscriptionSnapshot)
    assert found.items[0].quantity is None


def test_an_end_at_period_end_has_a_date() -> None:
    whole = objects.subscription() | {"cancel_at_period_end": True, "cancel_at": NOON}
    found = subscription(whole)
    assert isinstance(found, SubscriptionSnapshot)
    assert found.cancel_at == at(NOON)
    found = subscription(whole | {"cancel_at": None})
    assert isinstance(found, SubscriptionSnapshot)
    assert found.cancel_at == at(FEBRUARY)
    other = objects.subscription_item("si_Other") | {"current_period_end": FEBRUARY + 1}
    whole["items"]["data"].append(other)
    assert outcome(subscription, whole | {"cancel_at": None}) == "refused"


def test_collection_and_pause_are_read() -> None:
    found = subscription(
        objects.subscription()
        | {
            "collection_method": "send_invoice",
            "pause_collection": {"behavior": "void", "resumes_at": None},
            "status": "past_due",
        }
    )
    assert isinstance(found, SubscriptionSnapshot)
    assert (found.collection, found.collection_paused) == ("invoice", "void")
    assert found.status is SubscriptionStatus.PAST_DUE
    assert outcome(subscription, objects.subscription() | {"collection_method": "x"}) == "refused"


def test_a_whole_invoice_is_read() -> None:
    whole = invoice_objects.invoice()
    whole["lines"]["data"].append(invoice_objects.proration_line())
    found = invoice(whole)
    assert isinstance(found, InvoiceSnapshot)
    assert (found.subtotal, found.discount, found.tax) == (usd(5700), usd(700), usd(950))
    assert (found.total, found.amount_paid, found.amount_remaining) == (
        usd(5950),
        usd(5950),
        usd(0),
    )
    assert found.status is InvoiceStatus.PAID
    assert found.subscription == "sub_Pro"
    assert [(line.price, line.subscription_item, line.is_proration) for line in found.lines] == [
        ("price_ProMonthly", "si_Pro", False),
        ("price_ProMonthly", None, True),
    ]
    assert found.lines[1].amount == usd(-500)
    assert (found.finalized_at, found.paid_at, found.voided_at) == (at(JANUARY), at(NOON), None)


def test_payments_are_read_whatever_they_were_made_with() -> None:
    whole = invoice_objects.invoice()
    waiting = invoice_objects.invoice_payment("inpay_Open") | {
        "amount_paid": None,
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
    charged = invoice_objects.invoice_payment("inpay_Charge")
    charged["payment"] = {"type": "charge", "charge": {"id": "ch_1"}, "payment_intent": None}
    whole["payments"]["data"] += [waiting, charged]
    found = invoice(whole)
    assert isinstance(found, InvoiceSnapshot)
    assert found.payments[1] == InvoicePaymentSnapshot(
        ref="inpay_Open", amount=usd(5950), status="open", payment="pi_First"
    )
    assert found.payments[2].payment == "ch_1"
    charged["payment"]["type"] = "barter"
    assert outcome(invoice, whole) == "refused"


def test_an_invoice_without_a_subscription_is_read() -> None:
    assert (
        getattr(invoice(invoice_objects.invoice() | {"parent": None}), "subscription", "?") is None
    )
    quote = {"type": "quote_details", "quote_details": {"quote": "qt_1"}}
    assert (
        getattr(invoice(invoice_objects.invoice() | {"parent": quote}), "subscription", "?") is None
    )


def test_a_payment_method_of_tomorrow_is_read() -> None:
    whole = objects.card() | {"type": "teleport", "teleport": {}, "customer": None}
    found = payment_method(whole)
    assert isinstance(found, PaymentMethodSnapshot)
    assert (found.type, found.customer, found.last4) == ("teleport", None, None)
