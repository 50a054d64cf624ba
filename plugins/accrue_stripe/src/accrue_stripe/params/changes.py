"""Our requests about running subscriptions to Stripe's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accrue_core.contracts.changes import (
    ChangeSubscription,
    ItemTarget,
    PauseSubscription,
    SetTrialEnd,
)
from accrue_core.contracts.subscriptions import SubscriptionSnapshot
from accrue_stripe.params.subscriptions import READABLE, WITH_INVOICE

if TYPE_CHECKING:
    from stripe.params import (
        InvoiceCreatePreviewParams,
        SubscriptionPauseParams,
        SubscriptionResumeParams,
        SubscriptionUpdateParams,
    )

NOT_PAUSED: SubscriptionUpdateParams = {"pause_collection": "", "expand": WITH_INVOICE}
"""The end of a pause of collection."""

RESTING: SubscriptionPauseParams = {
    "type": "subscription",
    "bill_for": {
        "unused_time_from": {"type": "now"},
        "outstanding_usage_through": {"type": "now"},
    },
    "invoicing_behavior": "pending_invoice_item",
    "expand": READABLE,
}
"""A pause of the whole subscription. What is Stripe's default today is said all the same: the rest
of the period is credited, metered usage is charged, both with the invoice that ends the rest."""

RESUMED: SubscriptionResumeParams = {
    "billing_cycle_anchor": {"type": "now"},
    "proration_behavior": "none",
    "payment_behavior": "resume_on_payment_success",
    "expand": WITH_INVOICE,
}
"""The end of a rest: a period begins, and once it is paid for the subscription runs again."""


def changed_items(
    request: ChangeSubscription, before: SubscriptionSnapshot
) -> SubscriptionUpdateParams:
    """Return a change of items, with what becomes of the rest of the period always said.

    ``pending_if_incomplete`` lets a change that is invoiced at once wait for its money; it takes
    only what is here. A change that Stripe invoices although nobody asked for that, because a
    period begins anew, is made if it is paid and else not at all: ``error_if_incomplete``. The
    default, ``allow_incomplete``, would make it first and then lock the customer out. Invoices that
    are sent are paid within days, and take neither.
    """
    params: SubscriptionUpdateParams = {
        "items": _items(request, before),
        "proration_behavior": request.proration,
        "expand": WITH_INVOICE,
    }
    moment = _moment(request)
    if moment is not None:
        params["proration_date"] = moment
    if before.collection == "charge":
        is_invoiced = request.proration == "always_invoice"
        params["payment_behavior"] = (
            "pending_if_incomplete" if is_invoiced else "error_if_incomplete"
        )
    return params


def previewed_items(
    request: ChangeSubscription, before: SubscriptionSnapshot
) -> InvoiceCreatePreviewParams:
    """Return the question what the same change would put on an invoice."""
    params: InvoiceCreatePreviewParams = {
        "subscription": request.ref,
        "subscription_details": {
            "items": _items(request, before),
            "proration_behavior": request.proration,
        },
    }
    moment = _moment(request)
    if moment is not None:
        params["subscription_details"]["proration_date"] = moment
    return params


def trial_end(request: SetTrialEnd) -> SubscriptionUpdateParams:
    """Return another end of a trial. Nobody has paid for the trial, so nothing is prorated."""
    end = request.trial_end
    return {
        "trial_end": "now" if end is None else int(end.timestamp()),
        "proration_behavior": "none",
        "expand": WITH_INVOICE,
    }


def pause(request: PauseSubscription) -> SubscriptionUpdateParams:
    """Return a pause of collection."""
    params: SubscriptionUpdateParams = {
        "pause_collection": {"behavior": request.behavior},
        "expand": READABLE,
    }
    if request.resumes_at is not None:
        params["pause_collection"] = {
            "behavior": request.behavior,
            "resumes_at": int(request.resumes_at.timestamp()),
        }
    return params


def _items(request: ChangeSubscription, before: SubscriptionSnapshot) -> list[Any]:
    """Return the items that stay and that are new, and those that go; others Stripe would keep."""
    metered = {(item.ref, item.price) for item in before.items if item.quantity is None}
    wanted = [_item(target, is_metered=_is_one_of(target, metered)) for target in request.items]
    return [*wanted, *({"id": ref, "deleted": True} for ref in request.removed)]


def _item(target: ItemTarget, *, is_metered: bool) -> dict[str, Any]:
    """Return one item. A metered one has no quantity, and Stripe refuses to be told one."""
    item: dict[str, Any] = {"price": target.price}
    if target.ref is not None:
        item["id"] = target.ref
    if not is_metered:
        item["quantity"] = target.quantity
    return item


def _is_one_of(target: ItemTarget, metered: set[tuple[str, str]]) -> bool:
    return target.ref is not None and (target.ref, target.price) in metered


def _moment(request: ChangeSubscription) -> int | None:
    """Return the moment from which the rest of the period counts, where it counts at all."""
    if request.proration_at is None or request.proration == "none":
        return None
    return int(request.proration_at.timestamp())
