"""Short ways to say what is scheduled, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from accrue_core.contracts.invoices import InvoiceSnapshot
from accrue_core.contracts.results import Answer
from accrue_core.contracts.schedules import (
    CreateSchedule,
    PlannedPhase,
    ScheduleSnapshot,
    UpdateSchedule,
)
from accrue_core.contracts.subscriptions import NewItem
from tests.fake.shop import DAY, START, Shop

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MIDDLE = START + 15.5 * DAY


def phase(*prices: str, quantity: int = 1, **options: Any) -> PlannedPhase:
    """Return a phase for these prices: one period of the first, unless said otherwise."""
    items = tuple(NewItem(price=f"price_{price}", quantity=quantity) for price in prices)
    if "ends_at" not in options:
        options.setdefault("periods", 1)
    return PlannedPhase(items=items, **options)


def scheduled(
    shop: Shop, *phases: PlannedPhase, card: str | None = "pm_card_visa", **options: Any
) -> Answer:
    """Schedule a subscription of a new customer."""
    customer = options.pop("customer", None) or shop.customer(card)
    request = CreateSchedule(customer=customer, phases=phases, **options)
    return shop.engine.schedules.create(request, key=shop.key())


def fetched(shop: Shop, answer: Answer) -> ScheduleSnapshot:
    snapshot: ScheduleSnapshot = shop.engine.schedules.fetch(answer.main.ref).main
    return snapshot


def updated(shop: Shop, answer: Answer, *phases: PlannedPhase, **options: Any) -> Answer:
    request = UpdateSchedule(ref=answer.main.ref, phases=phases, **options)
    changed = shop.engine.schedules.update(request, key=shop.key())
    assert request.is_met_by(changed.main)
    return changed


def items_of(shop: Shop, answer: Answer) -> list[tuple[str, int | None]]:
    subscription = shop.subscription(fetched(shop, answer).subscription or "")
    return [(item.price.removeprefix("price_"), item.quantity) for item in subscription.items]


def amounts(invoice: InvoiceSnapshot) -> list[int]:
    return [line.amount.minor for line in invoice.lines]
