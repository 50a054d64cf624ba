"""Thin notifications: what they point at, and that they are known beside their snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.stripe import invoice_objects, objects
from tests.stripe.test_webhooks import of, thin


@pytest.mark.parametrize("type_", ["customer", "subscription", "payment_method", "invoice"])
def test_a_thin_notification_points_at_its_related_object(type_: str) -> None:
    found = thin(f"v1.{type_}.updated", {"type": type_, "id": "ref_1", "url": "/v1/x"})
    assert (found.noun, found.object_ref, found.is_deletion) == (type_, "ref_1", False)
    assert found.created_at == datetime(2027, 1, 15, 8, tzinfo=UTC)


def test_the_same_news_in_both_kinds_is_one_event() -> None:
    related = {"type": "customer", "id": "cus_TeamFortyTwo", "url": ""}
    snapshot = of("customer.updated", objects.customer())
    twin = thin("v1.customer.updated", related, snapshot_event=snapshot.ref)
    assert replace(twin, created_at=snapshot.created_at) == snapshot

    alone = thin("v1.customer.updated", related, snapshot_event=None)
    assert (alone.ref == snapshot.ref, alone.type) == (False, "v1.customer.updated")


def test_a_notification_that_points_nowhere_does_not_hide_the_snapshot_that_does() -> None:
    snapshot = of("invoice_payment.paid", invoice_objects.invoice_payment())
    for related, context in (
        ({"type": "invoice_payment", "id": "inpay_1", "url": ""}, None),
        ({"type": "customer", "id": "cus_1", "url": ""}, "acct_other"),
        (None, None),
    ):
        twin = thin(
            "v1.invoice_payment.paid", related, snapshot_event=snapshot.ref, context=context
        )
        assert twin.noun is None
        assert twin.ref != snapshot.ref
    assert snapshot.noun == "invoice"


def test_a_thin_notification_about_a_checkout_session_uses_our_word_for_it() -> None:
    related = {"type": "checkout.session", "id": "cs_test_1", "url": "/v1/checkout/sessions/x"}
    found = thin("v1.checkout.session.completed", related)
    assert (found.noun, found.object_ref) == ("checkout_session", "cs_test_1")


def test_a_thin_deletion_is_a_deletion() -> None:
    assert thin("v1.customer.deleted", {"type": "customer", "id": "cus_1", "url": ""}).is_deletion


def test_a_thin_notification_about_something_else_points_nowhere() -> None:
    meter = {"type": "billing.meter", "id": "mtr_1", "url": "/v1/billing/meters/mtr_1"}
    for related in (None, meter, {"type": "balance", "url": "/v1/balance"}):
        assert thin("v1.billing.meter.no_meter_found", related).noun is None
