"""What a preview says is what is charged, and no money comes from nowhere or goes there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accrue_core.contracts.changes import ChangeSubscription, ItemTarget, PreviewedChange
from accrue_core.contracts.invoices import InvoiceLineSnapshot, InvoiceSnapshot
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_core.errors import ProcessorRejected
from accrue_core.money import Money
from accrue_core.testing.contracts.invoices import assert_adds_up
from accrue_fake import Engine
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import Shop

PRICES = 4
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
INTERVALS = [("day", 1), ("week", 2), ("month", 1), ("month", 3), ("year", 1)]


@dataclass(frozen=True, slots=True)
class Wish:
    """A change as it is drawn: which price, how many, and which of the items is kept for it."""

    items: tuple[tuple[int, int, int | None], ...]
    is_other: bool
    proration: Any
    at: float | None
    wait: float


MINOR = st.one_of(st.sampled_from([0, 1, 3, 99]), st.integers(0, 10**8))
PART = st.floats(0, 0.999)
WISHES = st.builds(
    Wish,
    items=st.lists(
        st.tuples(st.integers(0, PRICES - 1), st.integers(0, 9), st.sampled_from([None, 0, 1, 2])),
        min_size=1,
        max_size=3,
        unique_by=lambda item: item[0],
    ).map(tuple),
    is_other=st.sampled_from([False, False, False, True]),
    proration=st.sampled_from(["create_prorations", "always_invoice", "none"]),
    at=st.one_of(st.none(), PART),
    wait=PART,
)
SHOPS = st.tuples(
    st.sampled_from(["usd", "jpy", "bhd"]),
    st.permutations(INTERVALS).map(lambda all_: tuple(all_[:2])),
    st.lists(MINOR, min_size=2 * PRICES, max_size=2 * PRICES),
    st.integers(0, 400 * 86_400 * 10**6),
    st.sampled_from([None, None, 3]),
)


def opened(drawn: Any) -> tuple[Shop, str]:
    """Open a shop with prices of two intervals, and let one customer subscribe there."""
    currency, intervals, minors, start, trial = drawn
    shop = Shop(Engine(start=FIRST_DAY + timedelta(microseconds=start)))
    for number, minor in enumerate(minors):
        interval, count = intervals[number // PRICES]
        money = Money(minor, currency)
        shop.engine.catalogue.add_price(f"p{number}", money, interval, count)
    request = CreateSubscription(
        customer=shop.customer("pm_card_visa"),
        items=(NewItem(price="p0", quantity=2), NewItem(price="p1")),
        trial_days=trial,
    )
    return shop, str(shop.engine.subscriptions.create(request, key=shop.key()).main.ref)


def wished(shop: Shop, ref: str, wish: Wish) -> ChangeSubscription:
    """Say in a request what is wished for."""
    snapshot = shop.subscription(ref)
    start, end = snapshot.items[0].current_period_start, snapshot.items[0].current_period_end
    assert start is not None
    assert end is not None
    now_other = int(snapshot.items[0].price[1:]) >= PRICES
    offset = PRICES if now_other != wish.is_other else 0
    left = [item.ref for item in snapshot.items]
    targets = []
    for number, quantity, kept in wish.items:
        item = left.pop(kept) if kept is not None and kept < len(left) else None
        targets.append(ItemTarget(price=f"p{number + offset}", quantity=quantity, ref=item))
    at = None if wish.at is None else (start + (end - start) * wish.at).replace(microsecond=0)
    return shop.asked(ref, *targets, proration=wish.proration, proration_at=at)


def pass_part(shop: Shop, ref: str, part: float) -> None:
    """Let a part of what remains of the period pass."""
    end = shop.subscription(ref).items[0].current_period_end
    assert end is not None
    shop.engine.advance((end - shop.engine.clock.now()) * part)


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


def assert_change_costs_what_was_said(shop: Shop, ref: str, wish: Wish) -> None:
    """Preview a change, make it, and follow it until its invoice is there."""
    request = wished(shop, ref, wish)
    before, number = shop.engine.dump(), len(shop.invoices(ref))
    said = answered(shop.preview, request)
    assert shop.engine.dump() == before
    if isinstance(said, ProcessorRejected):
        refused = answered(shop.change, request)
        assert (type(refused), str(refused)) == (type(said), str(said))
        return
    assert shop.preview(request) == said

    answer = shop.change(replace(request, proration_at=said.proration_at))

    assert request.is_met_by(answer.main) or any(not item.quantity for item in request.items)
    drawn = drawn_after(shop, ref, number)
    assert list(answer.others) == drawn
    assert len(drawn) == (1 if said.due_now else 0)
    if not said.due_now:
        pass_part(shop, ref, 1)
        drawn = drawn_after(shop, ref, number)
    assert_is_what_was_said(said, drawn[0])


@settings(max_examples=2000, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(SHOPS, st.lists(WISHES, max_size=2), WISHES)
def test_a_change_costs_exactly_what_its_preview_said(
    drawn: Any, earlier: list[Wish], wish: Wish
) -> None:
    """Earlier changes leave credit and prorations that wait; the one after them is compared."""
    shop, ref = opened(drawn)
    for one in earlier:
        pass_part(shop, ref, one.wait)
        answered(shop.change, wished(shop, ref, one))
    pass_part(shop, ref, wish.wait)

    assert_change_costs_what_was_said(shop, ref, wish)

    assert_no_money_is_lost(shop.engine)


@settings(max_examples=300, deadline=None)
@given(SHOPS, st.lists(st.tuples(WISHES, st.integers(0, 6)), max_size=8))
def test_no_change_makes_or_loses_money(drawn: Any, steps: list[tuple[Wish, int]]) -> None:
    """Pauses, other subscriptions, failed payments and banks that refuse are among them."""
    shop, ref = opened(drawn)
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
            pass_part(shop, ref, wish.at or 0.5)
        case 3 if shop.subscription(ref).pending_until is not None:
            shop.engine.fail_authentication(ref)
        case 4 if shop.subscription(ref).pending_until is not None:
            shop.engine.authenticate(ref)
        case 5:
            shop.subscribe(customer, "p0", trial_days=None if wish.at is None else 1)
        case _:
            shop.attach(customer, "pm_card_visa")
            shop.change(request)
