"""An upgrade of the SDK that moves a field which we may read is noticed, with the field's name."""

from __future__ import annotations

from pathlib import Path

from tests.stripe.sdk_digest import TYPES, digest, moved

AGREED = Path(__file__).with_name("sdk_types.txt")


def test_the_sdk_s_types_are_what_the_translations_were_written_for() -> None:
    agreed = AGREED.read_text().splitlines()
    assert moved(agreed, digest()) == []
    assert {line.partition(".")[0] for line in agreed} == set(TYPES)


def test_whatever_moves_is_named() -> None:
    agreed = digest()
    assert "Subscription.items: pages of subscription_item" in agreed
    upgraded = [line for line in agreed if not line.startswith("Subscription.latest_invoice:")]
    upgraded[upgraded.index("Invoice.amount_due: int")] = "Invoice.amount_due: int or null"
    upgraded.append("Customer.planet: str")

    assert moved(agreed, upgraded) == [
        "Customer.planet is new: str",
        "Invoice.amount_due was int, and is int or null",
        "Subscription.latest_invoice is gone; it was str | invoice or null",
    ]


def test_the_places_that_have_moved_before_are_among_them() -> None:
    places = {line.partition(":")[0] for line in digest()}
    assert places >= {
        "SubscriptionItem.current_period_end",
        "Subscription.pending_update.expires_at",
        "Subscription.pause_collection.resumes_at",
        "Subscription.automatic_tax.enabled",
        "Subscription.cancellation_details.feedback",
        "Invoice.parent.subscription_details.subscription",
        "Invoice.parent.subscription_details.subscription_proration_date",
        "InvoiceLineItem.parent.subscription_item_details.proration",
        "InvoiceLineItem.pricing.price_details.price",
        "InvoicePayment.payment.payment_intent",
        "Discount.source.coupon",
        "Customer.tax.automatic_tax",
        "SubscriptionSchedule.phases.proration_behavior",
        "SubscriptionSchedule.current_phase.start_date",
        "PaymentIntent.last_payment_error.decline_code",
        "WebhookEndpoint.secret",
    }
