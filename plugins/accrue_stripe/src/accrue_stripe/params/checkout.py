"""Our requests about hosted pages, checkout and portal, to Stripe's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accrue_core.contracts.checkout import CreateCheckoutSession
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Key
from accrue_core.errors import InvalidRequest

if TYPE_CHECKING:
    from stripe.params import billing_portal, checkout
    from stripe.params.checkout import SessionCreateParamsSubscriptionData


def new_checkout(request: CreateCheckoutSession, key: Key) -> checkout.SessionCreateParams:
    """Return a page on which a customer subscribes.

    Which means of payment it offers is decided in Stripe's dashboard: ``payment_method_types``
    is no parameter any more.
    """
    operation = {OPERATION_METADATA: key.operation_id}
    subscription: SessionCreateParamsSubscriptionData = {
        "billing_mode": {"type": "flexible"},
        "metadata": {**request.metadata, **operation},
    }
    if request.trial_days is not None:
        subscription["trial_period_days"] = request.trial_days
    if request.trial_end is not None:
        subscription["trial_end"] = int(request.trial_end.timestamp())
    return {
        "mode": "subscription",
        "ui_mode": "hosted_page",
        "customer": request.customer,
        "line_items": [{"price": item.price, "quantity": item.quantity} for item in request.items],
        "subscription_data": subscription,
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "metadata": operation,
    }


def new_portal(request: CreatePortalSession) -> billing_portal.SessionCreateParams:
    """Return a visit to the portal; one with a flow comes straight back when that is done."""
    params: billing_portal.SessionCreateParams = {
        "customer": request.customer,
        "return_url": request.return_url,
    }
    if (request.flow == "subscription_cancel") != (request.subscription is not None):
        raise InvalidRequest("a subscription is named in the flow subscription_cancel, and there")
    if request.flow is None:
        return params
    params["flow_data"] = {
        "type": request.flow,
        "after_completion": {"type": "redirect", "redirect": {"return_url": request.return_url}},
    }
    if request.subscription is not None:
        params["flow_data"]["subscription_cancel"] = {"subscription": request.subscription}
    return params
