"""Our requests about subscriptions to Stripe's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import CancelSubscription, CreateSubscription
from accrue_core.errors import InvalidRequest

if TYPE_CHECKING:
    from stripe.params import (
        SubscriptionCancelParams,
        SubscriptionCreateParams,
        SubscriptionUpdateParams,
    )

WITH_ALL = [
    "customer.invoice_settings.default_payment_method",
    "default_payment_method",
    "latest_invoice.payments",
]
"""What comes along with a subscription. Stripe expands four levels and no more."""

AT_ONCE: SubscriptionCancelParams = {"invoice_now": False, "prorate": False}
"""An end now bills nothing and credits nothing; whoever wants to give money back refunds it."""

NOT_AT_PERIOD_END: SubscriptionUpdateParams = {
    "cancel_at_period_end": False,
    "proration_behavior": "none",
}
NOT_AT_A_DATE: SubscriptionUpdateParams = {"cancel_at": "", "proration_behavior": "none"}
"""The two halves of keeping: Stripe refuses both in one request."""


def new_subscription(request: CreateSubscription, key: Key) -> SubscriptionCreateParams:
    """Return a subscription with everything explicit that Stripe would otherwise choose.

    ``allow_incomplete`` charges the payment method on file at once: paid, it is active, and a
    decline or a bank that asks for its customer leaves it incomplete. ``default_incomplete``
    would leave every subscription incomplete until a browser has confirmed it, a good card on
    file or not, and ``error_if_incomplete`` leaves nothing for the customer to complete.
    """
    params: SubscriptionCreateParams = {
        "customer": request.customer,
        "items": [{"price": item.price, "quantity": item.quantity} for item in request.items],
        "billing_mode": {"type": "flexible"},
        "metadata": {**request.metadata, OPERATION_METADATA: key.operation_id},
        "expand": WITH_ALL,
    }
    if request.collection == "invoice":
        params["collection_method"] = "send_invoice"
    else:
        params["collection_method"] = "charge_automatically"
        params["payment_behavior"] = "allow_incomplete"
    if request.days_until_due is not None:
        params["days_until_due"] = request.days_until_due
    if request.payment_method is not None:
        params["default_payment_method"] = request.payment_method
    if request.trial_days is not None:
        params["trial_period_days"] = request.trial_days
    if request.trial_end is not None:
        params["trial_end"] = int(request.trial_end.timestamp())
    return params


def later_end(request: CancelSubscription) -> SubscriptionUpdateParams:
    """Return an end in the future. The last period is neither prorated nor credited."""
    if request.when == "period_end":
        return {"cancel_at_period_end": True, "proration_behavior": "none"}
    if request.at is None:
        raise InvalidRequest("an end at a date needs the date")
    return {"cancel_at": int(request.at.timestamp()), "proration_behavior": "none"}
