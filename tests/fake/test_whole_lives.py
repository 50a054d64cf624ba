"""Everything that can begin, change, rest and end, in any order: what always holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from accrue_core.contracts.changes import ItemTarget
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import CancelSubscription, CreateSubscription, NewItem
from accrue_core.errors import AccrueError
from accrue_fake import Engine
from accrue_fake.engine.calendar import around
from accrue_fake.engine.cards import TOKENS
from accrue_fake.engine.codec import decode, encode
from accrue_fake.engine.records import SubscriptionRecord
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import DAY, Shop

PRICES = ("price_monthly", "price_weekly", "price_pro", "price_yearly", "price_free")
CARDS = st.sampled_from([None, *TOKENS])
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "anchor": st.integers(0, 7),
        "backdated_to": st.integers(1, 80),
        "trial_days": st.sampled_from([1, 5, 20]),
        "trial_without_card": st.sampled_from(["invoice", "cancel", "pause"]),
        "proration": st.sampled_from(["create_prorations", "none"]),
    },
)
ITEMS = st.lists(st.sampled_from(PRICES), min_size=1, max_size=3, unique=True)
PRORATIONS = st.sampled_from(["create_prorations", "always_invoice", "none"])
WHICH = st.integers(0, 9)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), ITEMS, CARDS, OPTIONS),
        st.tuples(st.just("change"), WHICH, ITEMS, PRORATIONS),
        st.tuples(st.just("end"), WHICH, st.booleans(), st.booleans()),
        st.tuples(st.just("end_later"), WHICH, st.none(), st.none()),
        st.tuples(st.just("resume"), WHICH, st.none(), st.none()),
        st.tuples(st.just("pause"), WHICH, st.none(), st.none()),
        st.tuples(st.just("card"), WHICH, st.sampled_from(list(TOKENS)), st.none()),
        st.tuples(st.just("authenticate"), WHICH, st.none(), st.none()),
        st.tuples(st.just("pay"), WHICH, st.none(), st.none()),
        st.tuples(st.just("end_trial"), WHICH, st.sampled_from([None, 3, 50]), st.none()),
        st.tuples(st.just("pass"), st.floats(0.01, 40), st.none(), st.none()),
    ),
    min_size=4,
    max_size=16,
)


def begin(shop: Shop, prices: list[str], card: str | None, options: dict[str, Any]) -> None:
    now, said = shop.engine.clock.now(), dict(options)
    if "anchor" in said:
        said["anchor"] = now + timedelta(days=options.get("trial_days", 0) + said["anchor"])
    if "backdated_to" in said:
        said["backdated_to"] = now - said["backdated_to"] * DAY
    items = tuple(NewItem(price=price, quantity=2) for price in prices)
    request = CreateSubscription(customer=shop.customer(card), items=items, **said)
    shop.engine.subscriptions.create(request, key=shop.key())


def alter(shop: Shop, ref: str, what: str, how: Any, also: Any) -> None:
    engine = shop.engine
    if what == "change":
        there = {item.price: item.ref for item in shop.subscription(ref).items}
        items = tuple(ItemTarget(price=price, ref=there.get(price)) for price in how)
        shop.change(shop.asked(ref, *items, proration=also))
    elif what == "end":
        request = CancelSubscription(ref=ref, when="now", invoice_now=how, prorate=also)
        engine.subscriptions.cancel(request, key=shop.key())
    elif what == "end_later":
        shop.cancel(ref, "period_end")
    elif what == "resume":
        shop.resume(ref)
    elif what == "pause":
        shop.pause(ref, "void")
    elif what == "card":
        shop.attach(shop.subscription(ref).customer, how)
    elif what == "authenticate":
        engine.authenticate(ref)
    elif what == "pay":
        engine.pay_invoice(shop.invoices(ref)[-1].ref)
    else:
        shop.end_trial(ref, how and engine.clock.now() + how * DAY)


def lived(steps: list[Any], seed: int = 0, *, is_interrupted: bool = False) -> Shop:
    shop = Shop(Engine(seed=seed))
    shop.stock_up()
    shop.engine.scenarios.go_wrong_at_random(declined=0.15)
    for what, which, how, also in steps:
        refs = list(shop.engine.books.subscriptions)
        try:
            if what == "begin":
                begin(shop, which, how, also)
            elif what == "pass":
                shop.engine.advance(timedelta(days=which))
            elif refs:
                alter(shop, refs[which % len(refs)], what, how, also)
        except (AccrueError, IndexError):
            continue
        if is_interrupted:
            shop.engine = Engine.load(shop.engine.dump())
    return shop


@given(STEPS)
def test_money_and_time_are_in_order_whatever_happens(steps: list[Any]) -> None:
    shop = lived(steps)

    books = shop.engine.books
    for record in books.subscriptions.values():
        assert_in_order(shop, record)
        invoices = [books.invoices[ref].snapshot for ref in record.invoices]
        charged: list[Any] = []
        for invoice in invoices:
            if invoice.status in (InvoiceStatus.PAID, InvoiceStatus.OPEN):
                charged += [
                    (line.subscription_item, line.period_start)
                    for line in invoice.lines
                    if not line.is_proration and line.amount
                ]
        assert len(set(charged)) == len(charged)
    assert_no_money_is_lost(shop.engine)


def assert_in_order(shop: Shop, record: SubscriptionRecord) -> None:
    books, snapshot = shop.engine.books, record.snapshot
    assert (snapshot.ended_at is not None) == record.is_ended
    assert snapshot.latest_invoice == (record.invoices[-1] if record.invoices else None)
    assert set(record.free) <= {item.ref for item in snapshot.items}
    if record.resuming is not None and not record.is_ended:
        assert snapshot.status == "paused"
        assert books.invoices[record.resuming].snapshot.status == InvoiceStatus.OPEN
    if snapshot.status in ("past_due", "incomplete"):
        assert books.invoices[record.collected or ""].snapshot.status == InvoiceStatus.OPEN
    if record.is_ended:
        return
    assert snapshot.cancel_at is None or snapshot.cancel_at > books.now
    if snapshot.cancel_at_period_end:
        assert snapshot.cancel_at == record.period_end
    for item in snapshot.items:
        start, end = item.current_period_start, item.current_period_end
        assert start is not None
        assert end is not None
        assert start <= books.now < end
        price = books.prices[item.price]
        whole = around(record.anchor, price.interval, price.interval_count, books.now)
        if snapshot.status == "trialing":
            assert end == snapshot.trial_end
        else:
            assert end == whole[1]
            assert start >= whole[0]


@given(STEPS, st.integers(0, 3))
def test_the_same_life_is_the_same_to_the_byte_and_survives_a_restart(
    steps: list[Any], seed: int
) -> None:
    books = lived(steps, seed).engine.dump()

    assert lived(steps, seed).engine.dump() == books
    assert lived(steps, seed, is_interrupted=True).engine.dump() == books


@given(STEPS)
def test_whatever_became_of_it_can_be_told(steps: list[Any]) -> None:
    shop = lived(steps)

    for ref in shop.engine.books.subscriptions:
        answer = shop.engine.subscriptions.fetch(ref)
        assert decode(encode(answer)) == answer
