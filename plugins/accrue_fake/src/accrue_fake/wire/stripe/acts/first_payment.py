"""The first payment of a subscription, as ``payment_behavior`` wants it."""

from __future__ import annotations

from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import CreateSubscription
from accrue_fake.engine.records import Behavior, CardRecord
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.problems import Refused, declined, invalid


def started(desk: Desk, request: CreateSubscription, key: Key, behavior: str) -> str:
    """Start a subscription and return its id.

    ``allow_incomplete`` charges the card on file at once, ``default_incomplete`` waits for whoever
    confirms the payment, ``error_if_incomplete`` leaves nothing behind where the card is refused.
    """
    subscriptions, books = desk.engine.subscriptions, desk.engine.books
    is_due = request.collection == "charge" and bool(subscriptions.due_today(request))
    ref = request.payment_method or desk.engine.payment_methods.on_file(request.customer)
    card = books.cards.get(ref or "") if is_due else None
    if is_due and card is None and behavior != "default_incomplete":
        raise invalid(
            "This customer has no attached payment source or default payment method. Attach one, "
            "or use payment_behavior=default_incomplete.",
            code="resource_missing",
        )
    if card is not None and behavior == "error_if_incomplete":
        _require_payable(desk, request.customer, card)
    is_charged = behavior != "default_incomplete"
    return str(subscriptions.create(request, key=key, is_charged=is_charged).main.ref)


def _require_payable(desk: Desk, customer: str, card: CardRecord) -> None:
    """Refuse before anything is written where the bank would not simply pay."""
    if desk.engine.scenarios.declines(customer) or card.behavior == Behavior.DECLINES:
        raise declined()
    if card.fails_on == card.attempts + 1 and card.fails_now():
        raise declined()
    if card.behavior == Behavior.FAILS_LATER and card.charges:
        raise declined()
    if card.behavior == Behavior.AUTHENTICATES:
        raise Refused(
            402,
            "Payment for this subscription requires additional user action before it can be "
            "completed successfully.",
            type_="card_error",
            code="subscription_payment_intent_requires_action",
        )
