"""What a running subscription does not become, and that a refusal leaves nothing behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accrue_core.contracts.changes import ItemTarget
from accrue_core.contracts.results import Key
from accrue_core.errors import CardDeclined, ProcessorRejected
from tests.fake.shop import DAY, FEBRUARY, HALF, START, Shop

KEY = Key("the-key", "the-operation")


@pytest.fixture(autouse=True)
def stocked(shop: Shop) -> None:
    shop.stock_up()


@pytest.mark.parametrize(
    "at",
    [START - timedelta(seconds=1), FEBRUARY, START + timedelta(microseconds=1)],
)
def test_it_counts_from_a_whole_second_of_the_period(shop: Shop, at: Any) -> None:
    ref = shop.halfway()

    with pytest.raises(ProcessorRejected) as refused:
        shop.swap(ref, "price_pro", proration_at=at)

    assert refused.value.reason == "proration_date"
    assert shop.swap(ref, "price_pro", proration_at=FEBRUARY - timedelta(seconds=1)).others


@pytest.mark.parametrize("days", [HALF + 1, HALF - 8])
def test_a_period_that_would_not_run_now_is_not_begun(shop: Shop, days: float) -> None:
    ref = shop.halfway()

    with pytest.raises(ProcessorRejected) as refused:
        shop.swap(ref, "price_weekly", proration_at=START + days * DAY)

    assert refused.value.reason == "proration_date"


def test_what_cannot_be_is_refused_and_leaves_nothing(shop: Shop) -> None:
    ref = shop.halfway()
    target, before = shop.target(ref, "price_pro"), shop.subscription(ref)
    other = ItemTarget(price="price_seat")

    for request in (
        shop.asked(ref),
        shop.asked(ref, target, ItemTarget(price="price_pro")),
        shop.asked(ref, target, ItemTarget(price="price_euro")),
        shop.asked(ref, shop.target(ref, "price_euro")),
        shop.asked(ref, shop.target(ref, "price_never")),
        shop.asked(ref, shop.target(ref, "price_pro", -1)),
        shop.asked(ref, target, proration="sometimes"),
        shop.asked(ref, other, removed=()),
        shop.asked(ref, target, removed=(target.ref or "",)),
        shop.asked(ref, target, target),
        shop.asked(ref, target, ItemTarget(price="price_seat", ref="si_fake_99999")),
        shop.asked(ref, target, removed=("si_fake_99999",)),
    ):
        with pytest.raises(ProcessorRejected):
            shop.change(request)
        with pytest.raises(ProcessorRejected):
            shop.preview(request)

    assert shop.subscription(ref) == before
    assert shop.events() == []


@pytest.mark.parametrize(
    "status", ["past_due", "unpaid", "incomplete", "paused", "canceled", "incomplete_expired"]
)
def test_what_owes_or_has_ended_is_not_changed(shop: Shop, status: Any) -> None:
    """Else a small invoice that is paid would excuse the large one that is not."""
    ref = shop.halfway()
    shop.engine.subscriptions.becomes(ref, status)

    with pytest.raises(ProcessorRejected):
        shop.swap(ref, "price_pro")
    with pytest.raises(ProcessorRejected):
        shop.preview(shop.asked(ref, shop.target(ref, "price_pro")))

    assert shop.subscription(ref).items[0].price == "price_monthly"


@pytest.mark.parametrize("price", ["price_pro", "price_yearly"])
@pytest.mark.parametrize("card", [None, "pm_card_chargeDeclined"])
def test_a_declined_change_leaves_nothing_behind(shop: Shop, card: str | None, price: str) -> None:
    """No invoice that could be paid later, no items that nobody has paid for, no news."""
    ref = shop.halfway()
    customer, books = shop.subscription(ref).customer, shop.engine.books
    shop.engine.payment_methods.detach(shop.engine.payment_methods.of_customer(customer)[0])
    if card is not None:
        shop.attach(customer, card)
    shop.swap(ref, "price_monthly", 2, proration="create_prorations")
    request = shop.asked(ref, ItemTarget(price=price))
    before = books.dump()

    with pytest.raises(CardDeclined):
        shop.change(request, key=KEY)

    del books.remembered[KEY.idempotency_key]
    assert books.dump() == before


def test_a_declined_change_is_declined_again_under_its_key(shop: Shop) -> None:
    ref = shop.halfway()
    key, request = shop.key(), shop.asked(ref, shop.target(ref, "price_pro"))
    shop.engine.scenarios.decline_next_charge()

    for _ in range(2):
        with pytest.raises(CardDeclined):
            shop.change(request, key=key)

    assert shop.change(request).main.items[0].price == "price_pro"
