"""What a subscription's items are to be: an intent, resolved against the items it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from accrue_core.billing.catalog import Catalog, Price
from accrue_core.billing.subscriptions.models import Subscription, SubscriptionItem
from accrue_core.contracts.changes import ItemTarget
from accrue_core.errors import InvalidRequest, NotFound
from accrue_core.text import checked_text


class Intent(Protocol):
    """Something to be done to a subscription's items."""

    def resolve(self, subscription: Subscription, catalog: Catalog) -> tuple[ItemTarget, ...]:
        """Return the items as they are to be, or ``InvalidRequest``."""
        ...

    def __str__(self) -> str:
        """Say it in the caller's terms: what makes a repeated call the same call."""
        ...


@dataclass(frozen=True, slots=True)
class Swap:
    """One item's price becomes another's; its quantity stays unless one is given."""

    plan: str | Price
    quantity: int | None
    item_id: str | None

    def resolve(self, subscription: Subscription, catalog: Catalog) -> tuple[ItemTarget, ...]:
        """Return the items with one of them swapped."""
        item = _chosen(subscription, self.item_id)
        price = _price(self.plan, subscription, catalog)
        quantity = item.quantity or 1 if self.quantity is None else self.quantity
        return _with(subscription, item, price=price, quantity=quantity)

    def __str__(self) -> str:
        return f"swap {_said(self.plan)} x {self.quantity} on {self.item_id}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One item's quantity becomes this."""

    quantity: int
    item_id: str | None

    def resolve(self, subscription: Subscription, catalog: Catalog) -> tuple[ItemTarget, ...]:
        """Return the items with one quantity changed."""
        del catalog
        item = _chosen(subscription, self.item_id)
        return _with(subscription, item, price=item.price, quantity=self.quantity)

    def __str__(self) -> str:
        return f"quantity {self.quantity} on {self.item_id}"


@dataclass(frozen=True, slots=True)
class Addition:
    """One more item."""

    plan: str | Price
    quantity: int

    def resolve(self, subscription: Subscription, catalog: Catalog) -> tuple[ItemTarget, ...]:
        """Return the items and one more."""
        price = _price(self.plan, subscription, catalog)
        if any(item.price == price for item in subscription.items):
            raise InvalidRequest(
                "the subscription has an item with this price already: change its quantity instead"
            )
        added = ItemTarget(price=price, quantity=self.quantity)
        return (*_targets(subscription.items), added)

    def __str__(self) -> str:
        return f"add {_said(self.plan)} x {self.quantity}"


@dataclass(frozen=True, slots=True)
class Removal:
    """One item less."""

    item_id: str

    def resolve(self, subscription: Subscription, catalog: Catalog) -> tuple[ItemTarget, ...]:
        """Return the items without one of them."""
        del catalog
        item = _chosen(subscription, self.item_id)
        left = _targets([one for one in subscription.items if one.id != item.id])
        if not left:
            raise InvalidRequest("this is the subscription's only item: cancel the subscription")
        return left

    def __str__(self) -> str:
        return f"remove {self.item_id}"


def removed_by(subscription: Subscription, targets: Sequence[ItemTarget]) -> tuple[str, ...]:
    """Return the refs of items that the targets leave out."""
    kept = {target.ref for target in targets}
    return tuple(item.ref for item in subscription.items if item.ref not in kept)


def is_already(subscription: Subscription, targets: Sequence[ItemTarget]) -> bool:
    """Whether the items are these already."""
    return tuple(targets) == _targets(subscription.items)


def _chosen(subscription: Subscription, item_id: str | None) -> SubscriptionItem:
    items = subscription.items
    if item_id is None:
        if len(items) != 1:
            raise InvalidRequest(
                f"the subscription has {len(items)} items: say which one with item_id"
            )
        return items[0]
    found = [item for item in items if item.id == item_id]
    if not found:
        raise NotFound(f"no item {str(item_id)[:64]!r} in subscription {subscription.id}")
    return found[0]


def _price(plan: str | Price, subscription: Subscription, catalog: Catalog) -> str:
    ref = catalog.price(plan, subscription.processor)
    return checked_text(ref, name="a price's ref", longest=255)


def _with(
    subscription: Subscription, item: SubscriptionItem, *, price: str, quantity: int
) -> tuple[ItemTarget, ...]:
    return tuple(
        replace(target, price=price, quantity=quantity) if target.ref == item.ref else target
        for target in _targets(subscription.items)
    )


def _targets(items: Sequence[SubscriptionItem]) -> tuple[ItemTarget, ...]:
    return tuple(
        ItemTarget(ref=item.ref, price=item.price, quantity=item.quantity or 1) for item in items
    )


def _said(plan: str | Price) -> str:
    return f"price {plan.ref}" if isinstance(plan, Price) else str(plan)
