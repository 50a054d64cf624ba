"""What a preview says is what is charged, and no money comes from nowhere or goes there.

More than 10,000 previews are compared with what was charged, over subscriptions with several
intervals, trials, anchors, backdated starts, coupons and taxes. What the engine refuses it has to
refuse in a preview with the same words; it is counted apart and compared with nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from accrue_core.contracts.changes import ChangeSubscription, PreviewedChange
from accrue_core.contracts.invoices import InvoiceLineSnapshot, InvoiceSnapshot
from accrue_core.errors import ProcessorRejected
from accrue_core.testing.contracts.invoices import assert_adds_up
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import Shop
from tests.fake.wishes import PRICES, STARTS, WISHES, Start, Wish, opened, pass_part, period, wished

SECOND = timedelta(seconds=1)
CHUNKS, EXAMPLES, ENOUGH = 10, 250, 1000
"""So many parts, which may run beside each other; examples in each; and comparisons in each."""


@dataclass(slots=True)
class Tally:
    """How many changes were compared with their invoice, and how many had none of their own."""

    compared: int = 0
    refused: int = 0
    left_waiting: int = 0
    kinds: set[str] = field(default_factory=set)


def written(lines: tuple[InvoiceLineSnapshot, ...]) -> list[InvoiceLineSnapshot]:
    """Return lines without what a preview cannot know: their refs, and those of new items."""
    return [replace(line, ref="", subscription_item=None) for line in lines]


def assert_is_what_was_said(said: PreviewedChange, invoice: InvoiceSnapshot) -> None:
    assert written(invoice.lines) == written(said.lines)
    for line, foretold in zip(invoice.lines, said.lines, strict=True):
        assert foretold.subscription_item in (None, line.subscription_item)
    assert (invoice.subtotal, invoice.discount, invoice.tax) == (
        said.subtotal, said.discount, said.tax,
    )  # fmt: skip
    assert (invoice.total, invoice.amount_due) == (said.total, said.amount_due)
    assert invoice.amount_paid == said.amount_due
    assert invoice.currency == said.currency
    assert_adds_up(invoice)


def drawn_after(shop: Shop, ref: str, number: int) -> list[InvoiceSnapshot]:
    return shop.invoices(ref)[number:]


def answered(ask: Callable[[ChangeSubscription], Any], request: ChangeSubscription) -> Any:
    """Return what is answered; a refusal is an answer like any other."""
    try:
        return ask(request)
    except ProcessorRejected as refused:
        return refused


def assert_change_costs_what_was_said(shop: Shop, ref: str, wish: Wish, tally: Tally) -> None:
    """Preview a change, make it, and follow it until its invoice is there, if that is wished."""
    request = wished(shop, ref, wish)
    number = len(shop.invoices(ref))
    said = answered(shop.preview, request)
    if isinstance(said, ProcessorRejected):
        refused = answered(shop.change, request)
        assert (type(refused), str(refused)) == (type(said), str(said))
        tally.refused += 1
        return
    assert shop.preview(request) == said

    answer = shop.change(replace(request, proration_at=said.proration_at))

    assert request.is_met_by(answer.main) or any(not item.quantity for item in request.items)
    drawn = drawn_after(shop, ref, number)
    assert list(answer.others) == drawn
    assert len(drawn) == (1 if said.due_now else 0)
    if not said.due_now and not wish.is_followed:
        tally.left_waiting += 1
        return
    if not said.due_now:
        pass_part(shop, ref, 1000)
        drawn = drawn_after(shop, ref, number)
    if not said.lines:
        assert drawn == []
        tally.kinds.add("nothing")
        return
    assert_is_what_was_said(said, drawn[0])
    tally.compared += 1
    tally.kinds |= kinds_of(shop, ref, said)


def kinds_of(shop: Shop, ref: str, said: PreviewedChange) -> set[str]:
    """Name what a comparison was about, so that a test can tell whether all of it came up."""
    snapshot, prices = shop.subscription(ref), shop.engine.catalogue
    cycles = {
        (prices.price(item.price).interval, prices.price(item.price).interval_count)
        for item in snapshot.items
    }
    found = {
        "discounted": bool(said.discount),
        "taxed": bool(said.tax),
        "of several intervals": len(cycles) > 1,
        "at once": said.due_now,
        "later": not said.due_now,
        "with credit": said.amount_due != said.total,
        "prorated": any(line.is_proration for line in said.lines),
    }
    return {name for name, is_there in found.items() if is_there}


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_change_costs_exactly_what_its_preview_said(chunk: int) -> None:
    """Whatever waits from one change (credit, prorations) is part of what the next one costs.

    Every wish is made twice, from different items and in different periods: drawing costs more
    than comparing.
    """
    tally = Tally()

    @seed(chunk)
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
    @given(STARTS, st.lists(WISHES, min_size=3, max_size=6))
    def every_change(drawn: Start, wishes: list[Wish]) -> None:
        begun = opened(drawn)
        if begun is None:
            tally.refused += 1
            return
        shop, ref = begun
        for wish in (*wishes, *(replace(one, is_followed=not one.is_followed) for one in wishes)):
            pass_part(shop, ref, wish.wait)
            if shop.subscription(ref).ended_at is None:
                assert_change_costs_what_was_said(shop, ref, wish, tally)
        assert_no_money_is_lost(shop.engine)

    every_change()

    assert tally.compared >= ENOUGH, tally
    assert len(tally.kinds) == 8, tally


@settings(max_examples=300, deadline=None)
@given(STARTS, WISHES)
def test_what_is_prorated_is_the_part_of_a_period_that_is_left(drawn: Start, wish: Wish) -> None:
    """Held against a sum of its own: previews and charges could agree on what is wrong."""
    plain = replace(
        drawn, items=tuple(sorted({one % PRICES for one in drawn.items})), trial=None, anchor=None,
        backdated=None, ends=None, coupon=None, tax=None,
    )  # fmt: skip
    begun = opened(plain)
    assert begun is not None
    shop, ref = begun
    pass_part(shop, ref, wish.wait)
    items = {number % PRICES: (number % PRICES, n, kept) for number, n, kept in wish.items}
    request = wished(shop, ref, replace(wish, items=tuple(items.values())))
    before = {item.price: item.quantity or 0 for item in shop.subscription(ref).items}
    after = {item.price: item.quantity for item in request.items}

    said = shop.preview(request)

    prorated = [line.amount.minor for line in said.lines if line.is_proration]
    if wish.proration == "none":
        assert prorated == []
        return
    start, end = (moment.replace(microsecond=0) for moment in period(shop, ref))
    left = Fraction((end - said.proration_at) // SECOND, (end - start) // SECOND)
    whole = Fraction(worth(shop, after) - worth(shop, before))
    assert abs(sum(prorated) - left * whole) <= Fraction(len(prorated), 2)


def worth(shop: Shop, held: dict[str, int]) -> int:
    """Return what a whole period of so many of each price costs."""
    return sum(shop.engine.catalogue.price(ref).money.minor * n for ref, n in held.items())


@settings(max_examples=200, deadline=None)
@given(STARTS, WISHES)
def test_a_preview_changes_nothing(drawn: Start, wish: Wish) -> None:
    begun = opened(drawn)
    if begun is not None:
        shop, ref = begun
        pass_part(shop, ref, wish.wait)
        before = shop.engine.dump()
        answered(shop.preview, wished(shop, ref, wish))
        assert shop.engine.dump() == before


@settings(max_examples=300, deadline=None)
@given(STARTS, st.lists(st.tuples(WISHES, st.integers(0, 6)), max_size=8))
def test_no_change_makes_or_loses_money(drawn: Start, steps: list[tuple[Wish, int]]) -> None:
    """Pauses, other subscriptions, failed payments and banks that refuse are among them."""
    begun = opened(drawn)
    if begun is None:
        return
    shop, ref = begun
    customer = shop.subscription(ref).customer
    for wish, what in steps:
        try:
            disturb(shop, ref, customer, wish, what)
        except ProcessorRejected:
            continue
        finally:
            assert_no_money_is_lost(shop.engine)
    shop.engine.advance(timedelta(days=40))
    assert_no_money_is_lost(shop.engine)


def disturb(shop: Shop, ref: str, customer: str, wish: Wish, what: int) -> None:
    pass_part(shop, ref, wish.wait)
    request = wished(shop, ref, wish)
    match what:
        case 0:
            shop.pause(ref, "void")
        case 1:
            shop.resume(ref)
        case 2:
            shop.attach(customer, "pm_card_authenticationRequired")
            shop.change(request)
            pass_part(shop, ref, wish.at or 500)
        case 3 if shop.subscription(ref).pending_until is not None:
            shop.engine.fail_authentication(ref)
        case 4 if shop.subscription(ref).pending_until is not None:
            shop.engine.authenticate(ref)
        case 5:
            shop.subscribe(customer, "p0", trial_days=None if wish.at is None else 1)
        case _:
            shop.attach(customer, "pm_card_visa")
            shop.change(request)
