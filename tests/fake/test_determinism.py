"""The same seed and the same calls: the same books, also across a snapshot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from accrue_core.contracts.changes import Proration
from accrue_core.contracts.customers import SetTaxLocation
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import COMP_COUPON
from accrue_core.errors import AccrueError
from accrue_core.money import Money
from accrue_fake import Engine
from accrue_fake.engine.cards import TOKENS
from accrue_fake.engine.codec import decode, encode
from accrue_fake.engine.door import Door
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import START, Shop

CHANGES: list[tuple[str, int, Proration]] = [
    ("price_pro", 1, "always_invoice"),
    ("price_pro", 3, "create_prorations"),
    ("price_seat", 1, "always_invoice"),
    ("price_weekly", 2, "create_prorations"),
    ("price_monthly", 2, "none"),
]
COUPONS = ("once", "months", "five", COMP_COUPON)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("subscribe"), st.sampled_from([None, *TOKENS]), st.just(None)),
        st.tuples(st.just("subscribe"), st.sampled_from([None, *TOKENS]), st.just(5)),
        st.tuples(st.just("discounted"), st.sampled_from([None, *TOKENS]), st.integers(0, 9)),
        st.tuples(st.just("checkout"), st.sampled_from([None, 5]), st.integers(0, 9)),
        st.tuples(st.just("page"), st.sampled_from([None, *TOKENS]), st.integers(0, 9)),
        st.tuples(st.just("cancel"), st.sampled_from(["now", "period_end"]), st.integers(0, 9)),
        st.tuples(st.just("keep"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("pay"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("authenticate"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("delete"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("change"), st.sampled_from(CHANGES), st.integers(0, 9)),
        st.tuples(st.just("card"), st.sampled_from(list(TOKENS)), st.integers(0, 9)),
        st.tuples(st.just("end_trial"), st.sampled_from([None, 3, 50]), st.integers(0, 9)),
        st.tuples(st.just("pause"), st.sampled_from([None, 3, 50]), st.integers(0, 9)),
        st.tuples(st.just("resume"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("refuse"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("advance"), st.none(), st.integers(0, 40)),
        st.tuples(st.just("take"), st.booleans(), st.none()),
    ),
    max_size=25,
)  # fmt: skip


def play(shop: Shop, steps: list[Any]) -> None:
    """Do the steps; a refusal is a step like any other."""
    for what, how, number in steps:
        try:
            step(shop, what, how, number)
        except AccrueError:
            continue


def step(shop: Shop, what: str, how: Any, number: Any) -> None:
    engine = shop.engine
    refs, sessions = list(engine.books.subscriptions), list(engine.books.sessions)
    if what == "subscribe":
        shop.subscribed(how, trial_days=number)
    elif what == "discounted":
        discounted(shop, how, number)
    elif what == "checkout":
        shop.checkout(shop.customer(), trial_days=how)
    elif what == "page":
        visit(shop, sessions[number % len(sessions)] if sessions else "", how)
    elif what == "advance":
        shop.pass_days(number)
    elif what == "take":
        for webhook in engine.emitter.take():
            (engine.emitter.failed if how else engine.emitter.delivered)(webhook.event_ref)
    elif refs:
        ref = refs[number % len(refs)]
        if what == "cancel":
            shop.cancel(ref, how)
        elif what == "keep":
            shop.keep(ref)
        elif what == "authenticate":
            engine.authenticate(ref)
        elif what == "pay":
            engine.pay_invoice(shop.invoices(ref)[-1].ref)
        elif what == "delete":
            engine.customers.delete(shop.subscription(ref).customer)
        else:
            alter(shop, ref, what, how)


def discounted(shop: Shop, card: str | None, number: int) -> None:
    """Start with a coupon, and with tax if it is known where; sometimes a trial goes before."""
    customer = shop.customer(card)
    if number % 2:
        place = SetTaxLocation(ref=customer, country="DE")
        shop.engine.customers.set_tax_location(place, key=shop.key())
    shop.subscribe(
        customer,
        coupon=COUPONS[number % len(COUPONS)],
        automatic_tax=number % 3 > 0,
        trial_days=number if number > 7 else None,
    )


def alter(shop: Shop, ref: str, what: str, how: Any) -> None:
    """Change what a running subscription is, or how it is paid."""
    later = None if not isinstance(how, int) else shop.engine.clock.now() + timedelta(days=how)
    if what == "change":
        price, quantity, proration = how
        shop.swap(ref, price, quantity, proration=proration)
    elif what == "card":
        shop.attach(shop.subscription(ref).customer, how)
    elif what == "end_trial":
        shop.end_trial(ref, later)
    elif what == "pause":
        shop.pause(ref, "void" if later is None else "keep_as_draft", later)
    elif what == "resume":
        shop.resume(ref)
    else:
        shop.engine.fail_authentication(ref)


def visit(shop: Shop, session: str, card: str | None) -> None:
    """Pay on the page of a session, or answer the bank there."""
    token = shop.engine.addresses.token("checkout", session)
    if card is None:
        shop.engine.checkout.authenticate(token)
    else:
        shop.engine.checkout.pay(token, card)


def opened(engine: Engine | None = None) -> Shop:
    shop = Shop(engine)
    shop.stock_up()
    discounts = shop.engine.discounts
    discounts.add_coupon("once", percent_off="12.5")
    discounts.add_coupon("months", percent_off="33.333", duration="repeating", months=2)
    discounts.add_coupon("five", amount_off=Money(500, "usd"), duration="forever")
    return shop


def disturbed(seed: int) -> Shop:
    shop = opened(Engine(seed=seed))
    shop.engine.scenarios.go_wrong_at_random(
        declined=0.3, webhook_lost=0.1, webhook_delayed=0.1, webhook_duplicated=0.1
    )
    shop.engine.scenarios.shuffle_webhooks()
    return shop


@given(STEPS, st.integers(0, 5))
def test_the_same_calls_give_the_same_books(steps: list[Any], seed: int) -> None:
    one, other = disturbed(seed), disturbed(seed)

    play(one, steps)
    play(other, steps)

    assert one.engine.dump() == other.engine.dump()


@given(STEPS, STEPS, st.integers(0, 5))
def test_a_snapshot_changes_nothing(before: list[Any], after: list[Any], seed: int) -> None:
    one, other = disturbed(seed), disturbed(seed)
    play(one, before)
    play(other, before)

    other.engine = Engine.load(other.engine.dump())
    play(one, after)
    play(other, after)

    assert one.engine.dump() == other.engine.dump()


@given(STEPS)
def test_the_books_are_in_order(steps: list[Any]) -> None:
    shop = opened()
    play(shop, steps)

    books = shop.engine.books
    for record in books.subscriptions.values():
        snapshot = record.snapshot
        assert (snapshot.ended_at is not None) == record.is_ended
        assert record.invoices[-1] == snapshot.latest_invoice
        newest = books.invoices[record.collected or ""].snapshot
        if snapshot.status in ("past_due", "incomplete"):
            assert newest.status == InvoiceStatus.OPEN
        if record.is_ended:
            for ref in record.invoices:
                assert books.invoices[ref].snapshot.next_attempt_at is None
        elif snapshot.status != "incomplete":
            assert record.period_end > books.now
        assert (record.pending is not None) == (snapshot.pending_until is not None)
        if record.pending is not None:
            assert snapshot.pending_until is not None
            assert snapshot.pending_until > books.now
            assert books.invoices[record.pending.invoice].snapshot.status == InvoiceStatus.OPEN
    for session in books.sessions.values():
        begun = session.snapshot.subscription
        assert (session.snapshot.status == "complete") == (begun in books.subscriptions)
        assert session.snapshot.status != "open" or books.now < (
            session.snapshot.expires_at or START
        )
        assert session.waiting is None or session.snapshot.status == "open"
    numbers = [record.snapshot.number for record in books.invoices.values()]
    given = [number for number in numbers if number is not None]
    assert len(set(given)) == len(given)
    assert_no_money_is_lost(shop.engine)


@given(STEPS)
def test_everything_that_can_be_said_can_be_sent(steps: list[Any]) -> None:
    shop = opened()
    play(shop, steps)

    door = Door(shop.engine)
    books = shop.engine.books
    for noun, shelf in (
        ("customers", books.customers),
        ("payment_methods", books.cards),
        ("subscriptions", books.subscriptions),
        ("invoices", books.invoices),
        ("checkout", books.sessions),
    ):
        for ref in shelf:
            answer = door.call(noun, "fetch", {"ref": ref})
            sent = decode(encode(answer))
            assert sent == answer
            assert sent.next_action == answer.next_action
    assert decode(encode(timedelta(microseconds=-1))) == timedelta(microseconds=-1)


def test_another_seed_is_another_chance() -> None:
    one, other = Engine(seed=1), Engine(seed=2)

    assert [one.books.chance() for _ in range(3)] != [other.books.chance() for _ in range(3)]
