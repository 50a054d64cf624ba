"""Our requests about subscriptions to Stripe's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    TrialWithoutCard,
)
from accrue_core.errors import InvalidRequest, ProcessorRejected

if TYPE_CHECKING:
    from stripe.params import (
        SubscriptionCancelParams,
        SubscriptionCreateParams,
        SubscriptionUpdateParams,
    )

WITH_ALL = [
    "customer.invoice_settings.default_payment_method",
    "customer.tax",
    "default_payment_method",
    "discounts",
    "latest_invoice.payments",
]
"""What comes along with a subscription. Stripe expands four levels and no more."""

READABLE = ["discounts"]
"""What a subscription is read with: a discount that is only an id does not name its coupon."""

WITH_INVOICE = [*READABLE, "latest_invoice.payments"]
"""What comes along where an invoice may have been drawn."""

NOT_AT_PERIOD_END: SubscriptionUpdateParams = {
    "cancel_at_period_end": False,
    "proration_behavior": "none",
    "expand": READABLE,
}
NOT_AT_A_DATE: SubscriptionUpdateParams = {
    "cancel_at": "",
    "proration_behavior": "none",
    "expand": READABLE,
}
"""The two halves of keeping: Stripe refuses both in one request."""


_WITHOUT_CARD: Mapping[TrialWithoutCard, Literal["create_invoice", "cancel", "pause"]] = {
    "invoice": "create_invoice",
    "cancel": "cancel",
    "pause": "pause",
}


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
        "automatic_tax": {"enabled": request.automatic_tax},
        "proration_behavior": request.proration,
        "metadata": {**request.metadata, OPERATION_METADATA: key.operation_id},
        "expand": WITH_ALL,
    }
    _add_moments(params, request)
    if request.coupon is not None:
        params["discounts"] = [{"coupon": request.coupon}]
    if request.collection == "invoice":
        params["collection_method"] = "send_invoice"
    else:
        params["collection_method"] = "charge_automatically"
        params["payment_behavior"] = "allow_incomplete"
    if request.days_until_due is not None:
        params["days_until_due"] = request.days_until_due
    if request.payment_method is not None:
        params["default_payment_method"] = request.payment_method
    return params


def _add_moments(params: SubscriptionCreateParams, request: CreateSubscription) -> None:
    """Say when a trial ends and what becomes of it then, and when periods begin."""
    if request.trial_days is not None:
        params["trial_period_days"] = request.trial_days
    if request.trial_end is not None:
        params["trial_end"] = int(request.trial_end.timestamp())
    if request.trial_days is not None or request.trial_end is not None:
        without_card = _WITHOUT_CARD[request.trial_without_card]
        params["trial_settings"] = {"end_behavior": {"missing_payment_method": without_card}}
    if request.anchor is not None:
        params["billing_cycle_anchor"] = int(request.anchor.timestamp())
    if request.backdated_to is not None:
        params["backdate_start_date"] = int(request.backdated_to.timestamp())


def end_now(request: CancelSubscription) -> SubscriptionCancelParams:
    """Return an end at once. Unless it is asked for, nothing is billed and nothing is credited."""
    params: SubscriptionCancelParams = {
        "invoice_now": request.invoice_now,
        "prorate": request.prorate,
        "expand": WITH_INVOICE,
    }
    if request.reason is not None:
        params["cancellation_details"] = {"feedback": request.reason}
    return params


def later_end(request: CancelSubscription) -> SubscriptionUpdateParams:
    """Return an end in the future. The last period is neither prorated nor credited."""
    if request.invoice_now or request.prorate:
        raise ProcessorRejected("only an end now can be invoiced now", param="invoice_now")
    params: SubscriptionUpdateParams = {"proration_behavior": "none", "expand": READABLE}
    if request.reason is not None:
        params["cancellation_details"] = {"feedback": request.reason}
    if request.when == "period_end":
        params["cancel_at_period_end"] = True
        return params
    if request.at is None:
        raise InvalidRequest("an end at a date needs the date")
    params["cancel_at"] = int(request.at.timestamp())
    return params
