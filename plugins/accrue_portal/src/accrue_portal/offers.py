"""Pure: what an owner may change a subscription to, as the host sells it and a processor can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accrue_core.billing.catalog import Catalog
from accrue_core.billing.subscriptions import lifecycle
from accrue_core.billing.subscriptions.models import SubscriptionItem
from accrue_portal.account import Holding
from accrue_portal.names import feature_words
from accrue_portal.settings import Offer, PortalSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing to choose: another price for an item, or with an empty ``price`` only its seats.

    ``key`` is what the form calls it. ``opens`` are its features, in words.
    """

    key: str
    item: SubscriptionItem
    price: str
    name: str
    opens: tuple[str, ...]
    has_seats: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Ways:
    """What can be done to a running subscription here, besides ending it.

    ``change`` is what the link says, and empty where nothing can be chosen.
    """

    change: str = ""
    can_pause: bool = False
    can_resume: bool = False


NO_WAYS = Ways()


def ways_of(holding: Holding, catalog: Catalog, settings: PortalSettings) -> Ways:
    """Return what is offered for one subscription."""
    choices = choices_of(holding, catalog, settings)
    others = any(not choice.is_current for choice in choices)
    seats = any(choice.is_current and choice.has_seats for choice in choices)
    words = {
        (True, True): "Change plan or seats",
        (True, False): "Change plan",
        (False, True): "Change seats",
    }
    return Ways(
        change=words.get((others, seats), ""),
        can_pause=settings.pause is not None and may_pause(holding),
        can_resume=settings.pause is not None and may_resume(holding),
    )


def may_change(holding: Holding) -> bool:
    """Whether a subscription can be for something else right now, whatever that is."""
    subscription = holding.subscription
    return (
        holding.powers.can_change
        and not holding.is_over
        and not holding.is_ending
        and subscription.unreadable is None
        and not subscription.is_pending
        and not subscription.is_paused
        and not subscription.is_scheduled
        and subscription.status in lifecycle.ALLOWED["change"]
    )


def may_pause(holding: Holding) -> bool:
    """Whether its collection can be paused."""
    subscription = holding.subscription
    is_running = not holding.is_over and subscription.unreadable is None
    is_free = is_running and not subscription.is_paused and not subscription.is_pending
    return is_free and holding.powers.can_pause and subscription.status in lifecycle.ENTITLING


def may_resume(holding: Holding) -> bool:
    """Whether there is a pause to end."""
    is_paused = not holding.is_over and holding.subscription.is_paused
    return is_paused and holding.powers.can_pause


def choices_of(holding: Holding, catalog: Catalog, settings: PortalSettings) -> tuple[Choice, ...]:
    """Return what can be chosen, in the host's order; of several items, only their seats."""
    items = [item for item in holding.subscription.items if item.quantity is not None]
    if not may_change(holding) or not settings.sells_changes:
        return ()
    if len(holding.subscription.items) > 1:
        of_items = (_as_it_is(item, holding, catalog, settings) for item in items)
        return tuple(choice for choice in of_items if choice.has_seats)
    if not items:
        return ()
    current = _as_it_is(items[0], holding, catalog, settings)
    others = [
        _swapped(items[0], offer, price, holding, catalog)
        for offer, price in offered_prices(holding, catalog, settings)
        if price != items[0].price and not _is_the_same(offer, items[0], holding, catalog)
    ]
    return (current, *others)


def offered_prices(
    holding: Holding, catalog: Catalog, settings: PortalSettings
) -> list[tuple[Offer, str]]:
    """Return every price that the host offers here, whatever the subscription is for now."""
    processor, currency = holding.subscription.processor, holding.subscription.currency
    offers = settings.offers
    if offers is None:
        plans = (plan for plan in catalog.plans.values() if not plan.is_default)
        offers = tuple(Offer(plan=plan.key) for plan in plans)
    found = []
    for offer in offers:
        plan = catalog.plans.get(offer.plan)
        refs = plan.refs(processor) if plan is not None else (offer.plan,)
        is_ours = plan is not None or catalog.plan_of(processor, offer.plan) is not None
        if refs and is_ours and offer.currency in ("", currency):
            found.append((offer, refs[0]))
    return found


def name_of_price(price: str, holding: Holding, catalog: Catalog, settings: PortalSettings) -> str:
    """Return what the host calls a price: its offer, else its plan."""
    for offer, ref in offered_prices(holding, catalog, settings):
        if ref == price and offer.name:
            return offer.name
    plan = catalog.plan_of(holding.subscription.processor, price)
    return plan.name if plan is not None else holding.name.inside


def has_seats(item_id: str, holding: Holding, catalog: Catalog, settings: PortalSettings) -> bool:
    """Whether an item of a subscription is sold by number; of somebody else's nobody knows it."""
    items = [item for item in holding.subscription.items if item.id == item_id]
    return any(_as_it_is(item, holding, catalog, settings).has_seats for item in items)


def _as_it_is(
    item: SubscriptionItem, holding: Holding, catalog: Catalog, settings: PortalSettings
) -> Choice:
    plan = catalog.plan_of(holding.subscription.processor, item.price)
    sold = [
        offer for offer, price in offered_prices(holding, catalog, settings) if price == item.price
    ]
    return Choice(
        key=item.id,
        item=item,
        price="",
        name=name_of_price(item.price, holding, catalog, settings),
        opens=feature_words(plan.features) if plan is not None else (),
        has_seats=holding.powers.can_count and _has_seats(item, sold),
        is_current=True,
    )


def _has_seats(item: SubscriptionItem, sold: Sequence[Offer]) -> bool:
    """What is had more than once is sold by number, also where nobody has said so."""
    return any(offer.has_seats for offer in sold) or (item.quantity or 1) > 1


def _swapped(
    item: SubscriptionItem, offer: Offer, price: str, holding: Holding, catalog: Catalog
) -> Choice:
    plan = catalog.plan_of(holding.subscription.processor, price)
    return Choice(
        key=offer.plan,
        item=item,
        price=price,
        name=offer.name or (plan.name if plan is not None else offer.plan),
        opens=feature_words(plan.features) if plan is not None else (),
        has_seats=holding.powers.can_count and offer.has_seats,
        is_current=False,
    )


def _is_the_same(offer: Offer, item: SubscriptionItem, holding: Holding, catalog: Catalog) -> bool:
    """Whether an offer of a plan is what there is already, if by another of its prices."""
    plan = catalog.plan_of(holding.subscription.processor, item.price)
    return plan is not None and offer.plan == plan.key
