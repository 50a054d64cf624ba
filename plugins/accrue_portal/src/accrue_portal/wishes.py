"""A change that an owner has chosen: read from a form, asked about, and made as it was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accrue_core.billing.catalog import Price
from accrue_core.billing.subscriptions.change_preview import ChangePreview
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.changes import Proration
from accrue_core.contracts.results import Outcome
from accrue_core.errors import InvalidRequest
from accrue_core.facade import Billing
from accrue_portal import change_copy as copy
from accrue_portal.account import Holding
from accrue_portal.offers import Choice

_MOST_DIGITS = 5


class NotChosen(InvalidRequest):
    """A form has left something open; the message is for the person who sees the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An item of a subscription, the price it is to have, and how many of it.

    Without a ``price`` it is the quantity alone that changes. It is the same wish however the
    subscription stands, so that a form that is sent twice says the same twice.
    """

    item: str
    price: str
    quantity: int
    proration: Proration


def wish_of(choices: Sequence[Choice], to: str, seats: str, *, proration: Proration) -> Wish:
    """Return what was chosen, or ``NotChosen`` with what is missing."""
    choice = next((one for one in choices if one.key == to), None)
    if choice is None:
        raise NotChosen(copy.CHOOSE_ONE)
    quantity = 1
    if choice.has_seats:
        text = seats.strip()
        if not text.isdecimal() or len(text) > _MOST_DIGITS or int(text) < 1:
            raise NotChosen(copy.HOW_MANY)
        quantity = int(text)
    if choice.is_current and quantity == (choice.item.quantity or 1):
        raise NotChosen(copy.SAME)
    return Wish(item=choice.item.id, price=choice.price, quantity=quantity, proration=proration)


def proration_for(holding: Holding) -> Proration:
    """Settle it now wherever that can be done: nobody has a plan that they have not paid for."""
    return "always_invoice" if holding.powers.can_settle_now else "create_prorations"


async def previewed(
    billing: Billing, subscription_id: str, wish: Wish, *, proration: Proration | None = None
) -> ChangePreview:
    """Ask the processor what it would cost; change nothing."""
    return await billing.preview_change(
        subscription_id,
        Price(wish.price) if wish.price else None,
        quantity=wish.quantity,
        item_id=wish.item,
        proration=proration or wish.proration,
    )


async def granted(
    billing: Billing, subscription_id: str, wish: Wish, *, token: str
) -> Outcome[Subscription]:
    """Make exactly the change that was shown under this token."""
    if wish.price:
        return await billing.swap_plan(
            subscription_id,
            Price(wish.price),
            quantity=wish.quantity,
            item_id=wish.item,
            proration=wish.proration,
            preview=token,
        )
    return await billing.update_quantity(
        subscription_id,
        wish.quantity,
        item_id=wish.item,
        proration=wish.proration,
        preview=token,
    )
