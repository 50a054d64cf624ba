"""Clocks of some customers' own: their time passes apart from everybody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.results import GoneSnapshot, Key
from accrue_core.errors import AccrueError, InvalidRequest, ProcessorRejected, RemoteMissing
from accrue_core.owners import Owner
from accrue_fake import Engine, FakeProcessor, HostProcess
from accrue_fake.engine.signing import HEADER
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.shop import DAY, FEBRUARY, START, Shop, token_of

FAR = datetime(2031, 5, 31, 9, 30, tzinfo=UTC)
PAST = datetime(2019, 12, 31, tzinfo=UTC)


def attached(shop: Shop, clock: str, card: str | None = "pm_card_visa") -> str:
    """Return a customer that lives by a clock."""
    request = CreateCustomer(owner=Owner("team", f"of {clock}"))
    made = shop.engine.customers.create(request, key=shop.key(), clock=clock)
    ref = str(made.main.ref)
    if card is not None:
        shop.attach(ref, card)
    return ref


@pytest.fixture(params=[FAR, PAST], ids=["ahead", "behind"])
def clock(shop: Shop, request: pytest.FixtureRequest) -> str:
    return shop.engine.clocks.create(request.param, name="one").ref


def test_a_clock_says_what_it_was_told(shop: Shop) -> None:
    made = shop.engine.clocks.create(FAR, name="renewals")

    assert (made.now, made.name, made.customers) == (FAR, "renewals", ())
    customer = attached(shop, made.ref)
    assert shop.engine.clocks.fetch(made.ref).customers == (customer,)
    assert shop.engine.clock.now() == START


def test_everything_made_for_its_customer_has_its_date(shop: Shop, clock: str) -> None:
    now = shop.engine.clocks.fetch(clock).now
    customer = attached(shop, clock)

    answer = shop.subscribe(customer)

    for thing in (answer.main, *answer.others):
        assert thing.created_at == now
    assert answer.main.items[0].current_period_start == now
    events = shop.engine.emitter.pending()
    assert {event.created_at for event in events} == {now}


def test_its_webhooks_have_its_date_and_go_out_at_once(shop: Shop, clock: str) -> None:
    now = shop.engine.clocks.fetch(clock).now
    attached(shop, clock, None)

    (webhook,) = shop.engine.emitter.take()

    assert json.loads(webhook.body)["created"] == int(now.timestamp())
    assert webhook.headers[HEADER].startswith(f"t={int(START.timestamp())},")


def test_its_time_moves_nobody_else(shop: Shop, clock: str) -> None:
    theirs, ours = str(shop.subscribe(attached(shop, clock)).main.ref), shop.subscribed()

    shop.engine.advance(70 * DAY, clock=clock)
    assert (len(shop.invoices(theirs)), len(shop.invoices(ours))) == (3, 1)
    assert shop.engine.clock.now() == START

    shop.pass_days(40)
    assert (len(shop.invoices(theirs)), len(shop.invoices(ours))) == (3, 2)


def test_what_falls_due_is_dated_when_it_does(shop: Shop) -> None:
    clock = shop.engine.clocks.create(datetime(2028, 1, 31, tzinfo=UTC)).ref
    ref = str(shop.subscribe(attached(shop, clock)).main.ref)

    moved = shop.engine.clocks.advance(clock, datetime(2028, 4, 1, tzinfo=UTC))

    assert moved.now == datetime(2028, 4, 1, tzinfo=UTC)
    made = [invoice.created_at for invoice in shop.invoices(ref)]
    assert [(one.month, one.day) for one in made if one] == [(1, 31), (2, 29), (3, 31)]


def test_several_customers_of_one_clock_are_served_in_order(shop: Shop, clock: str) -> None:
    weekly = str(shop.subscribe(attached(shop, clock), "price_weekly").main.ref)
    monthly = str(shop.subscribe(attached(shop, clock)).main.ref)
    shop.events()

    shop.engine.advance(40 * DAY, clock=clock)

    happened = [
        (event.created_at, event.object_ref)
        for event in shop.engine.emitter.pending()
        if event.type == "customer.subscription.updated"
    ]
    assert happened == sorted(happened, key=lambda one: one[0])
    assert [ref for _, ref in happened] == [weekly] * 4 + [monthly, weekly]


def test_retries_and_trials_go_by_it(shop: Shop, clock: str) -> None:
    customer = attached(shop, clock, "pm_card_failsAtRenewal")
    failing = str(shop.subscribe(customer).main.ref)
    trial = str(shop.subscribe(customer, trial_days=50, trial_without_card="pause").main.ref)
    shop.events()

    shop.engine.advance(48 * DAY, clock=clock)

    assert shop.subscription(failing).status == "canceled"
    assert shop.subscription(trial).status == "trialing"
    assert "customer.subscription.trial_will_end" in shop.events()


def test_pages_show_its_time(shop: Shop, clock: str) -> None:
    now = shop.engine.clocks.fetch(clock).now
    customer = attached(shop, clock)
    token = token_of(shop.checkout(customer, trial_days=3))

    assert shop.engine.checkout.page(token).trial_end == now + 3 * DAY
    paid = shop.engine.checkout.pay(token, "pm_card_visa")

    assert paid.others[0].created_at == now
    portal = shop.engine.portal.create(
        CreatePortalSession(customer=customer, return_url="https://shop.example/"),
        key=shop.key(),
    )
    door = portal.url.reveal().rpartition("/")[2]
    assert shop.engine.portal.page(door).is_open
    shop.engine.advance(timedelta(minutes=31), clock=clock)
    assert not shop.engine.portal.page(door).is_open


def test_invoices_are_paid_and_banks_answered_at_its_time(shop: Shop, clock: str) -> None:
    now = shop.engine.clocks.fetch(clock).now
    unpaid = str(shop.subscribe(attached(shop, clock, None)).main.ref)
    asked = str(shop.subscribe(attached(shop, clock, "pm_card_authenticationRequired")).main.ref)

    shop.engine.pay_invoice(shop.invoices(unpaid)[0].ref)
    shop.engine.authenticate(asked)

    for ref in (unpaid, asked):
        (invoice,) = shop.invoices(ref)
        assert invoice.paid_at == now
        assert shop.subscription(ref).status == "active"


def test_keys_are_remembered_by_the_engines_own_time(shop: Shop, clock: str) -> None:
    customer, key = attached(shop, clock), Key("once", "once")
    first = shop.subscribe(customer, key=key)
    shop.engine.advance(3 * DAY, clock=clock)

    assert shop.subscribe(customer, key=key).main.ref == first.main.ref
    shop.pass_days(1)
    assert shop.subscribe(customer, key=key).main.ref != first.main.ref


def test_a_customer_that_exists_can_be_given_a_clock(shop: Shop) -> None:
    ref, other = shop.subscribed(), shop.subscribed()
    shop.pass_days(5)

    made = shop.engine.clocks.create(FEBRUARY, customers=(shop.subscription(ref).customer,))

    assert made.now == FEBRUARY
    assert (len(shop.invoices(ref)), len(shop.invoices(other))) == (2, 1)
    assert shop.invoices(ref)[-1].created_at == FEBRUARY
    shop.pass_days(400)
    assert (len(shop.invoices(ref)), len(shop.invoices(other))) == (2, 14)


def test_what_cannot_be_attached_is_refused_and_makes_no_clock(shop: Shop, clock: str) -> None:
    theirs, gone, ours = attached(shop, clock), shop.customer(), shop.customer()
    shop.engine.customers.delete(gone)

    for moment, customer in ((FAR, theirs), (FAR, gone), (START - DAY, ours)):
        with pytest.raises(ProcessorRejected):
            shop.engine.clocks.create(moment, customers=(customer,))
    with pytest.raises(RemoteMissing):
        shop.engine.clocks.create(FAR, customers=("cus_nobody",))
    with pytest.raises(InvalidRequest):
        attached(shop, "clock_unknown")

    assert list(shop.engine.books.clocks) == [clock]


def test_it_goes_forward_only_and_unknown_ones_not_at_all(shop: Shop, clock: str) -> None:
    now = shop.engine.clocks.fetch(clock).now

    with pytest.raises(InvalidRequest):
        shop.engine.clocks.advance(clock, now - DAY)
    with pytest.raises(RemoteMissing):
        shop.engine.advance(DAY, clock="clock_unknown")

    assert shop.engine.clocks.fetch(clock).now == now
    assert shop.engine.clock.now() == START


def test_deleted_it_takes_its_customers_along(shop: Shop, clock: str) -> None:
    ours = shop.subscribed()
    customer = attached(shop, clock)
    theirs = str(shop.subscribe(customer).main.ref)
    now = shop.engine.clocks.fetch(clock).now

    shop.engine.clocks.delete(clock)

    ended = shop.subscription(theirs)
    assert (ended.status, ended.ended_at) == ("canceled", now)
    assert isinstance(shop.engine.customers.fetch(customer).main, GoneSnapshot)
    with pytest.raises(RemoteMissing):
        shop.engine.clocks.fetch(clock)
    shop.pass_days(100)
    assert (len(shop.invoices(theirs)), len(shop.invoices(ours))) == (1, 4)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(0, 2), st.integers(0, 45)),
        st.tuples(st.just("subscribe"), st.integers(0, 2), st.sampled_from([None, 5])),
        st.tuples(st.just("cancel"), st.integers(0, 9), st.just("period_end")),
        st.tuples(st.just("pay"), st.integers(0, 9), st.none()),
    ),
    max_size=15,
)


def played(steps: list[Any], seed: int, *, is_interrupted: bool = False) -> Engine:
    """Let two clocks and the engine's own time take turns."""
    shop = Shop(Engine(seed=seed))
    shop.engine.scenarios.go_wrong_at_random(declined=0.3)
    clocks = [None, shop.engine.clocks.create(FAR).ref, shop.engine.clocks.create(PAST).ref]
    customers = [attached(shop, one) if one else shop.customer("pm_card_visa") for one in clocks]
    for what, which, how in steps:
        try:
            if what == "pass":
                shop.engine.advance(how * DAY, clock=clocks[which])
            elif what == "subscribe":
                shop.subscribe(customers[which], "price_weekly", trial_days=how)
            else:
                refs = list(shop.engine.books.subscriptions)
                ref = refs[which % len(refs)] if refs else "sub_none"
                if what == "cancel":
                    shop.cancel(ref, how)
                else:
                    shop.engine.pay_invoice(shop.invoices(ref)[-1].ref)
        except AccrueError:
            continue
        if is_interrupted:
            shop.engine = Engine.load(shop.engine.dump())
    return shop.engine


@given(STEPS, st.integers(0, 3))
def test_the_same_calls_give_the_same_books_also_across_a_snapshot(
    steps: list[Any], seed: int
) -> None:
    books = played(steps, seed).dump()

    assert played(steps, seed).dump() == books
    assert played(steps, seed, is_interrupted=True).dump() == books


@given(STEPS)
def test_no_clock_leaks_into_another(steps: list[Any]) -> None:
    """Whatever happens, every invoice is drawn and every period runs by its customer's clock."""
    engine = played(steps, 1)

    books = engine.books
    assert (books.running, books.world) == (None, None)
    began = dict(zip((None, *books.clocks), (START, FAR, PAST), strict=True))
    for record in books.subscriptions.values():
        clock = books.customers[record.snapshot.customer].clock
        now = books.now if clock is None else books.clocks[clock].now
        assert record.snapshot.created_at is not None
        assert record.snapshot.created_at <= now
        assert record.is_ended or record.snapshot.status == "incomplete" or record.period_end > now
        earliest = began[clock]
        for ref in record.invoices:
            made = books.invoices[ref].snapshot.created_at
            assert made is not None
            assert earliest <= made <= now
    assert_no_money_is_lost(engine)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[HostProcess]:
    with HostProcess(tmp_path / "engine") as host:
        yield host


@pytest.mark.anyio
async def test_a_hosted_engine_has_clocks_too(host: HostProcess) -> None:
    processor = FakeProcessor(host.backend())
    made = await processor.backend.call("clocks", "create", {"now": FAR, "name": "hosted"})
    request = CreateCustomer(owner=Owner("team", "hosted"))
    arguments = {"request": request, "key": Key("c", "c"), "clock": made.ref}

    customer = await processor.backend.call("customers", "create", arguments)
    moved = await processor.backend.call("engine", "advance", {"delta": DAY, "clock": made.ref})

    assert customer.main.created_at == FAR
    assert moved == FAR + DAY
    said = await processor.backend.call("clocks", "fetch", {"ref": made.ref})
    assert (said.now, said.customers) == (FAR + DAY, (customer.main.ref,))
    await processor.close()
