"""Another plan, or another number of seats: what it would cost, and doing it.

Every function takes the organization, and finds the subscription that is its own: no request can
name another's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accrue_core import Billing
from accrue_core.billing.catalog import Price
from accrue_core.billing.payment_methods.models import PaymentMethod
from accrue_core.billing.subscriptions.change_preview import ChangePreview
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.changes import Proration
from accrue_core.contracts.results import Outcome
from accrue_core.errors import NotFound
from examples.litestar_saas.billing import offer_of, subscription_of
from examples.litestar_saas.catalog import Offer
from examples.litestar_saas.people import Organization

_PRORATION: Proration = "always_invoice"
"""The rest of the period is credited and charged at once: nobody has a plan they have not paid."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an organization would like to have instead."""

    offer: Offer
    seats: int

    @property
    def quantity(self) -> int:
        """How many are paid for; a plan without seats is had once."""
        return self.seats if self.offer.has_seats else 1


@dataclass(frozen=True, slots=True)
class Terms:
    """What a change would cost: the amounts, from when the new price counts, and which card pays.

    ``renews_at`` ends the first period that is paid at the new price. ``free_until`` is set during
    a trial, when nothing is charged before it ends.
    """

    wish: Wish
    preview: ChangePreview
    renews_at: datetime | None
    free_until: datetime | None
    card: PaymentMethod | None


def may_change(billing: Billing, subscription: Subscription | None) -> bool:
    """Whether there is a subscription that can be for something else right now."""
    return (
        subscription is not None
        and subscription.processor == billing.settings.processor
        and subscription.is_entitling
        and not subscription.is_ending
        and not subscription.is_pending
        and offer_of(subscription) is not None
    )


def has_already(subscription: Subscription, wish: Wish) -> bool:
    """Whether a wish is what there is."""
    quantity = subscription.items[0].quantity or 1
    return offer_of(subscription) == wish.offer and quantity == wish.quantity


async def terms_of(billing: Billing, organization: Organization, wish: Wish) -> Terms:
    """Say what a change would cost; change nothing."""
    subscription = await _own(billing, organization)
    preview = await billing.preview_change(
        subscription.id, Price(wish.offer.ref), quantity=wish.quantity, proration=_PRORATION
    )
    ends = [line.period_end for line in preview.lines if line.price == wish.offer.ref]
    return Terms(
        wish=wish,
        preview=preview,
        renews_at=max((end for end in ends if end is not None), default=subscription.renews_at),
        free_until=None if preview.due_now else subscription.trial_end or subscription.renews_at,
        card=await _charged_card(billing, organization, subscription),
    )


async def make_change(
    billing: Billing, organization: Organization, wish: Wish, *, token: str, operation_id: str
) -> Outcome[Subscription]:
    """Make exactly the change whose terms were shown; sent twice, it is one change."""
    subscription = await _own(billing, organization)
    return await billing.swap_plan(
        subscription.id,
        Price(wish.offer.ref),
        quantity=wish.quantity,
        proration=_PRORATION,
        preview=token,
        operation_id=operation_id,
    )


async def _own(billing: Billing, organization: Organization) -> Subscription:
    subscription = await subscription_of(billing, organization)
    if subscription is None:
        raise NotFound("there is no subscription to change")
    return subscription


async def _charged_card(
    billing: Billing, organization: Organization, subscription: Subscription
) -> PaymentMethod | None:
    """Return the card that pays: the subscription's own, else the customer's."""
    customer = await billing.find_customer(organization, processor=billing.settings.processor)
    usual = None if customer is None else customer.default_payment_method
    ref = subscription.default_payment_method or usual
    cards = await billing.payment_methods(organization)
    return next((card for card in cards if card.ref == ref), None)
