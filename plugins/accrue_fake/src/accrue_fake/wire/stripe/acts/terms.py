"""Terms: what creating and updating a subscription have in common."""

from __future__ import annotations

from typing import Any, get_args

from accrue_core.contracts.subscriptions import (
    CancelReason,
    CancelSubscription,
    KeepSubscription,
)
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.problems import invalid, missing, not_played

ALSO = (
    "default_payment_method", "cancel_at_period_end", "cancel_at", "description", "off_session",
    "payment_settings", "trial_settings", "automatic_tax", "discounts", "trial_from_plan",
)  # fmt: skip
"""Parameters of both."""

_WITHOUT_CARD = {"create_invoice": "invoice", "cancel": "cancel", "pause": "pause"}
_SAVES = ("off", "on_subscription")


def facts_of(params: Params) -> Json:
    """Return what a subscription shows that bills nothing, as far as a request speaks of it."""
    facts: Json = {}
    if "description" in params:
        facts["description"] = params.text("description")
    if "payment_settings" in params:
        settings = params.below("payment_settings")
        settings.only("save_default_payment_method", "payment_method_types")
        saves = settings.word("save_default_payment_method", *_SAVES) or "off"
        facts["payment_settings"] = {
            "payment_method_options": None,
            "payment_method_types": settings.words("payment_method_types") or None,
            "save_default_payment_method": saves,
        }
    if "trial_settings" in params:
        behavior = params.below("trial_settings").below("end_behavior")
        anchor = behavior.word("billing_cycle_anchor", "unchanged")
        facts["trial_settings"] = {
            "end_behavior": {
                "billing_cycle_anchor": anchor or "unchanged",
                "missing_payment_method": behavior.word("missing_payment_method", *_WITHOUT_CARD)
                or "create_invoice",
            }
        }
    return facts


def card_of(desk: Desk, params: Params, customer: str) -> str | None:
    """Return the card that a subscription is to be charged to, if the request names one."""
    name = "default_payment_method"
    card = params.text(name)
    if card is None:
        return None
    if card not in desk.engine.books.customers[customer].payment_methods:
        raise missing("payment_method", card, param=name, status=400)
    return card


def trial_without_card(params: Params) -> Any:
    """Return what becomes of a trial that nobody has a card for, if the request says so."""
    behavior = params.below("trial_settings").below("end_behavior")
    word = behavior.word("missing_payment_method", *_WITHOUT_CARD)
    return None if word is None else _WITHOUT_CARD[word]


def is_taxed(params: Params) -> bool | None:
    """Return whether tax is worked out, if the request says so."""
    tax = params.below("automatic_tax")
    tax.only("enabled")
    return tax.flag("enabled")


def coupon_of(params: Params) -> str | None:
    """Return the coupon that a request gives; the engine has one for a subscription."""
    discounts = params.each("discounts")
    if len(discounts) > 1:
        raise not_played("discounts[1]")
    for discount in discounts:
        discount.only("coupon")
        return discount.required("coupon")
    return None


def end_later(desk: Desk, ref: str, params: Params) -> None:
    """Set or clear an end in the future, as a request says."""
    if "cancel_at" in params and "cancel_at_period_end" in params:
        raise invalid("Received both cancel_at_period_end and cancel_at parameters.")
    snapshot, key = desk.engine.books.subscriptions[ref].snapshot, desk.key()
    if snapshot.schedule is not None and (
        "cancel_at" in params or "cancel_at_period_end" in params
    ):
        raise invalid(
            f"The subscription is managed by the subscription schedule `{snapshot.schedule}`: its "
            "end is changed there."
        )
    subscriptions = desk.engine.subscriptions
    at_end = params.flag("cancel_at_period_end")
    if at_end:
        subscriptions.cancel(CancelSubscription(ref=ref, when="period_end"), key=key)
        return
    is_undone = at_end is False if snapshot.cancel_at_period_end else params.is_cleared("cancel_at")
    if is_undone:
        subscriptions.keep(KeepSubscription(ref=ref), key=key)
    elif params.text("cancel_at") is not None:
        if params.text("cancel_at") in ("min_period_end", "max_period_end"):
            subscriptions.cancel(CancelSubscription(ref=ref, when="period_end"), key=key)
            return
        at = params.moment("cancel_at")
        subscriptions.cancel(CancelSubscription(ref=ref, when="at", at=at), key=key)


def cancellation(desk: Desk, ref: str, details: Params) -> Json:
    """Return why it ends, in the words of whoever ends it; the reason is the engine's."""
    details.only("comment", "feedback")
    if not list(details):
        return {}
    words = get_args(CancelReason)
    known = desk.show("subscription", ref)["cancellation_details"]
    said: Json = {name: details.text(name) for name in ("comment",) if name in details}
    if "feedback" in details:
        said["feedback"] = details.word("feedback", *words)
    return {"cancellation_details": {**known, **said}}
