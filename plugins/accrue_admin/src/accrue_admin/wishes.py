"""A change of a subscription's items, as an operator puts it together: asked about, then made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from accrue_admin.deeds import Change
from accrue_core.billing.catalog import Price
from accrue_core.billing.subscriptions.change_preview import ChangePreview
from accrue_core.billing.subscriptions.models import Subscription, SubscriptionItem
from accrue_core.contracts.changes import Proration
from accrue_core.contracts.results import Outcome
from accrue_core.errors import InvalidRequest
from accrue_core.facade import Billing


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What stands in the form, in the form's own words: nothing of it has been judged."""

    kind: str = "plan"
    item: str = ""
    price: str = ""
    quantity: str = ""
    proration: str = ""

    @property
    def fields(self) -> Mapping[str, str]:
        """All of it by name, for the address of the next page and the fields of its form."""
        return {
            "kind": self.kind,
            "item": self.item,
            "price": self.price,
            "quantity": self.quantity,
            "proration": self.proration,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A change that can be asked for. What its ``kind`` has no use for is empty."""

    kind: Change
    proration: Proration
    item: str | None = None
    price: str = ""
    quantity: int | None = None


def wish_of(draft: Draft) -> Wish:
    """Return what a form says, or ``InvalidRequest`` with the sentence that helps."""
    if draft.kind not in get_args(Change):
        raise InvalidRequest("there is no such change")
    if draft.proration not in get_args(Proration):
        raise InvalidRequest("say what becomes of the rest of the period")
    if draft.kind in ("plan", "add") and not draft.price:
        raise InvalidRequest("choose a plan")
    if draft.kind == "remove" and not draft.item:
        raise InvalidRequest("say which item")
    quantity = _quantity(draft.quantity) if draft.kind != "remove" else None
    if draft.kind == "quantity" and quantity is None:
        raise InvalidRequest("say how many")
    return Wish(
        kind=draft.kind,  # type: ignore[arg-type]
        proration=draft.proration,  # type: ignore[arg-type]
        item=(draft.item or None) if draft.kind != "add" else None,
        price=draft.price if draft.kind in ("plan", "add") else "",
        quantity=quantity,
    )


async def previewed(billing: Billing, subscription_id: str, wish: Wish) -> ChangePreview:
    """Ask the processor what a change would cost; change nothing."""
    how: dict[str, Any] = {"proration": wish.proration}
    match wish.kind:
        case "plan":
            plan = Price(wish.price)
            return await billing.preview_change(
                subscription_id, plan, quantity=wish.quantity, item_id=wish.item, **how
            )
        case "quantity":
            return await billing.preview_change(
                subscription_id, quantity=wish.quantity, item_id=wish.item, **how
            )
        case "add":
            return await billing.preview_change(
                subscription_id, add=Price(wish.price), quantity=wish.quantity or 1, **how
            )
        case "remove":
            return await billing.preview_change(subscription_id, remove=wish.item, **how)


async def granted(
    billing: Billing, subscription_id: str, wish: Wish, *, token: str, operation_id: str
) -> Outcome[Subscription]:
    """Make exactly the change that was shown under this token."""
    how: dict[str, Any] = {
        "proration": wish.proration,
        "preview": token,
        "operation_id": operation_id,
    }
    match wish.kind:
        case "plan":
            plan = Price(wish.price)
            return await billing.swap_plan(
                subscription_id, plan, quantity=wish.quantity, item_id=wish.item, **how
            )
        case "quantity":
            return await billing.update_quantity(
                subscription_id, wish.quantity or 1, item_id=wish.item, **how
            )
        case "add":
            return await billing.add_item(
                subscription_id, Price(wish.price), quantity=wish.quantity or 1, **how
            )
        case "remove":
            return await billing.remove_item(subscription_id, wish.item or "", **how)


def item_of(subscription: Subscription, wish: Wish) -> SubscriptionItem | None:
    """Return the item that a wish is about; a new one is none of them."""
    if wish.kind == "add":
        return None
    if wish.item is None:
        return subscription.items[0] if len(subscription.items) == 1 else None
    return next((item for item in subscription.items if item.id == wish.item), None)


def _quantity(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 7:
        raise InvalidRequest("a quantity is a whole number, at least 1")
    return int(text)
