"""Items, as requests about subscriptions, previews and checkouts name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accrue_core.contracts.changes import ChangeSubscription, ItemTarget
from accrue_core.contracts.subscriptions import NewItem, SubscriptionSnapshot
from accrue_fake.wire.stripe.acts.catalogue import price_of
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.params import Params, merged
from accrue_fake.wire.stripe.problems import invalid, missing

PRORATIONS = ("create_prorations", "always_invoice", "none")
MOST_ITEMS = 20
_NEW = ("price", "price_data", "plan", "quantity", "metadata")
_CHANGED = (*_NEW, "id", "deleted", "clear_usage")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the items of a subscription are to be; ``metadata`` is by place in ``targets``."""

    targets: tuple[ItemTarget, ...]
    removed: tuple[str, ...]
    metadata: dict[int, dict[str, str | None]]


def new_items(desk: Desk, params: Params, name: str = "items") -> tuple[NewItem, ...]:
    """Return the items of something that is to start."""
    asked = params.each(name)
    if not asked:
        raise params.missing(name)
    if len(asked) > MOST_ITEMS:
        raise invalid(f"A subscription has at most {MOST_ITEMS} items.", param=name)
    found = []
    for item in asked:
        item.only(*_NEW)
        found.append(NewItem(price=price_of(desk, item), quantity=_quantity(item)))
    return tuple(found)


def note_metadata(desk: Desk, ref: str, asked: Sequence[Params]) -> None:
    """Keep what was said about items, by their places."""
    items = desk.engine.books.subscriptions[ref].snapshot.items
    for item, params in zip(items, asked, strict=False):
        said = params.metadata()
        if said:
            desk.account.say(item.ref, {"metadata": merged({}, said)})


def wanted(desk: Desk, snapshot: SubscriptionSnapshot, asked: Sequence[Params]) -> Wanted:
    """Return what becomes of a subscription's items: those that are not named stay."""
    there = {item.ref: item for item in snapshot.items}
    targets = {
        item.ref: ItemTarget(ref=item.ref, price=item.price, quantity=_held(item.quantity))
        for item in snapshot.items
    }
    metadata: dict[int, dict[str, str | None]] = {}
    added, removed = [], []
    for params in asked:
        params.only(*_CHANGED)
        ref = params.text("id")
        if ref is None:
            added.append(ItemTarget(price=price_of(desk, params), quantity=_quantity(params)))
            continue
        if ref not in there:
            raise missing("subscription_item", ref, param=params.name_of("id"), status=400)
        if params.flag("deleted"):
            removed.append(ref)
            targets.pop(ref, None)
            continue
        targets[ref] = _target(desk, params, targets[ref])
        said = params.metadata()
        if said is not None:
            metadata[list(targets).index(ref)] = said
    if not targets and not added:
        raise invalid("A subscription must have at least one active item.", param="items")
    return Wanted((*targets.values(), *added), tuple(removed), metadata)


def change_of(
    desk: Desk, snapshot: SubscriptionSnapshot, asked: Sequence[Params], params: Params
) -> ChangeSubscription:
    """Return the change that a request comes to."""
    become = wanted(desk, snapshot, asked)
    proration: Any = params.word("proration_behavior", *PRORATIONS)
    return ChangeSubscription(
        ref=snapshot.ref,
        items=become.targets,
        removed=become.removed,
        proration=proration or "create_prorations",
        proration_at=params.moment("proration_date"),
    )


def is_change(snapshot: SubscriptionSnapshot, change: ChangeSubscription) -> bool:
    """Whether the items become others than they are."""
    there = [(item.ref, item.price, _held(item.quantity)) for item in snapshot.items]
    return [(one.ref, one.price, one.quantity) for one in change.items] != there


def moment_or_now(params: Params, name: str, now: datetime) -> tuple[bool, datetime | None]:
    """Return whether a parameter is there, and the moment it names: ``now`` is none."""
    if name not in params:
        return False, None
    if params.text(name) == "now":
        return True, None
    moment = params.moment(name)
    if moment is not None and moment <= now:
        raise invalid(f"Invalid timestamp: {name} must be in the future.", param=name)
    return True, moment


def _target(desk: Desk, params: Params, before: ItemTarget) -> ItemTarget:
    names_price = any(name in params for name in ("price", "price_data", "plan"))
    price = price_of(desk, params) if names_price else before.price
    is_other = price != before.price
    quantity = _quantity(params) if "quantity" in params else before.quantity
    return (
        ItemTarget(ref=before.ref, price=price, quantity=quantity)
        if (is_other or quantity != before.quantity)
        else before
    )


def _quantity(params: Params) -> int:
    quantity = params.integer("quantity", least=0, most=999_999)
    return 1 if quantity is None else quantity


def _held(quantity: int | None) -> int:
    return 1 if quantity is None else quantity
