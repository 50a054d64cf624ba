"""Stripe's hosted pages as the API writes them at 2026-10-28.endive."""

from __future__ import annotations

from tests.stripe.conformance import filled
from tests.stripe.objects import FEBRUARY, JANUARY, Json


def checkout_session() -> Json:
    """Return an open checkout session for a subscription, on a page of Stripe's."""
    session = {
        "id": "cs_test_First",
        "object": "checkout.session",
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": "https://app.example.com/plans",
        "created": JANUARY,
        "currency": "usd",
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": "cus_TeamFortyTwo",
        "expires_at": FEBRUARY,
        "livemode": False,
        "metadata": {},
        "mode": "subscription",
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "success_url": "https://app.example.com/done",
        "ui_mode": "hosted_page",
        "url": "https://checkout.stripe.example/c/pay/cs_test_First",
    }
    return filled(session, besides={"line_items"})


def portal_session() -> Json:
    """Return a session of the customer portal, on its first page."""
    session = {
        "id": "bps_First",
        "object": "billing_portal.session",
        "configuration": "bpc_Default",
        "created": JANUARY,
        "customer": "cus_TeamFortyTwo",
        "livemode": False,
        "return_url": "https://app.example.com/plans",
        "url": "https://billing.stripe.example/p/session/bps_First",
    }
    return filled(session)
