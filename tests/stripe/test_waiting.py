"""What an invoice that waits says its customer has to do, and what a hosted page is read as."""

from __future__ import annotations

from typing import Any

import pytest

from accrue_core.contracts.checkout import CheckoutSessionSnapshot, CheckoutStatus
from accrue_core.contracts.results import NextAction, UnreadableSnapshot
from accrue_core.errors import UnknownVocabulary
from accrue_core.settings import Secret
from accrue_stripe.translate.actions import next_action
from accrue_stripe.translate.checkout import checkout_session, page_of, portal_session
from tests.stripe import invoice_objects, objects
from tests.stripe.objects import Json
from tests.stripe.page_objects import checkout_session as checkout
from tests.stripe.page_objects import portal_session as portal

PAGE = Secret("https://invoice.stripe.example/i/acct_1/test_1")
READ = ("id", "object", "created", "customer", "expires_at", "status", "subscription")


def waiting(status: str | None, /, **changes: Any) -> Json:
    """Return an open invoice whose default payment stands like this."""
    invoice = invoice_objects.invoice() | {"status": "open"}
    invoice["confirmation_secret"] = {"client_secret": "pi_1_secret_2", "type": "payment_intent"}
    payment = invoice["payments"]["data"][0]
    if status is None:
        invoice["payments"]["data"] = []
    else:
        payment["payment"]["payment_intent"] = {
            "id": "pi_1",
            "object": "payment_intent",
            "status": status,
        }
    return invoice | changes


AUTHENTICATE = NextAction("authenticate", url=PAGE, client_secret=Secret("pi_1_secret_2"))
PAY = NextAction("redirect", url=PAGE)


@pytest.mark.parametrize(
    ("status", "first", "later"),
    [
        ("requires_action", AUTHENTICATE, AUTHENTICATE),
        ("requires_payment_method", PAY, None),
        ("requires_confirmation", PAY, None),
        ("a_word_of_next_year_s", PAY, None),
        (None, PAY, None),
        ("processing", None, None),
        ("requires_capture", None, None),
        ("succeeded", None, None),
    ],
)
def test_it_depends_on_how_the_payment_stands(
    status: str | None, first: NextAction | None, later: NextAction | None
) -> None:
    assert next_action(waiting(status), is_first=True) == first
    assert next_action(waiting(status), is_first=False) == later


@pytest.mark.parametrize("status", ["draft", "paid", "void", "uncollectible"])
def test_an_invoice_that_is_not_open_waits_for_nobody(status: str) -> None:
    assert next_action(waiting("requires_action", status=status), is_first=True) is None


def test_the_payment_that_counts_is_the_default_one() -> None:
    invoice = waiting("requires_action")
    payment = invoice["payments"]["data"][0]
    partial = {**payment, "is_default": False, "payment": {"payment_intent": {"status": "x"}}}
    record = {**payment, "payment": {"type": "payment_record", "payment_record": "prec_1"}}
    invoice["payments"]["data"] = [partial, record, payment]
    assert next_action(invoice, is_first=True) == AUTHENTICATE


def test_without_a_page_or_a_secret_there_is_the_other() -> None:
    no_secret = waiting("requires_action", confirmation_secret=None)
    assert next_action(no_secret, is_first=True) == NextAction("authenticate", url=PAGE)
    no_page = waiting("requires_action", hosted_invoice_url=None)
    found = next_action(no_page, is_first=True)
    assert found == NextAction("authenticate", client_secret=Secret("pi_1_secret_2"))
    assert next_action(waiting(None, hosted_invoice_url=None), is_first=True) is None


def test_an_intent_that_was_not_expanded_is_refused() -> None:
    invoice = waiting("requires_action")
    invoice["payments"]["data"][0]["payment"]["payment_intent"] = "pi_1"
    with pytest.raises(UnknownVocabulary, match="payment_intent"):
        next_action(invoice, is_first=True)


def test_a_session_for_something_else_has_no_subscription() -> None:
    found = checkout_session(checkout() | {"customer": None, "status": "complete"})
    assert isinstance(found, CheckoutSessionSnapshot)
    assert (found.customer, found.subscription) == (None, None)
    assert found.status == CheckoutStatus.COMPLETE


def test_a_session_s_parts_may_be_expanded() -> None:
    expanded = checkout() | {"customer": objects.customer(), "subscription": objects.subscription()}
    found = checkout_session(expanded)
    assert isinstance(found, CheckoutSessionSnapshot)
    assert (found.customer, found.subscription) == ("cus_TeamFortyTwo", "sub_Pro")


@pytest.mark.parametrize("key", READ)
def test_a_session_without_a_key_that_is_read_is_refused(key: str) -> None:
    whole = checkout()
    del whole[key]
    with pytest.raises(UnknownVocabulary, match=key):
        checkout_session(whole)


@pytest.mark.parametrize("status", ["pondering", "Open"])
def test_a_session_s_unknown_status_is_unreadable(status: str) -> None:
    found = checkout_session(checkout() | {"status": status})
    assert found == UnreadableSnapshot("checkout_session", "cs_test_First", status)


@pytest.mark.parametrize(
    ("changes", "leads"),
    [({}, True), ({"url": None}, False), ({"status": "complete"}, False), ({"url": ""}, False)],
)
def test_only_an_open_session_with_a_page_leads_there(changes: Json, leads: bool) -> None:
    assert (page_of(checkout() | changes) is not None) == leads


def test_a_portal_without_an_address_is_refused() -> None:
    with pytest.raises(UnknownVocabulary, match="url"):
        portal_session(portal() | {"url": ""})
