"""Schedules: how they begin and end, and whose word counts while one runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.schedules import (
    CreateSchedule,
    ScheduleStatus,
)
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import ProcessorRejected
from accrue_fake import Engine, FakeProcessor
from tests.fake.ledger import assert_no_money_is_lost
from tests.fake.scheduling import (
    APRIL,
    MARCH,
    MIDDLE,
    amounts,
    fetched,
    items_of,
    phase,
    scheduled,
)
from tests.fake.shop import DAY, FEBRUARY, START, Shop


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.stock_up()
    return shop


class TestBeginning:
    def test_one_that_starts_now_is_a_plain_start(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), phase("pro"), metadata={"plan": "rising"})

        schedule, subscription = answer.main, answer.others[0]
        assert [other.noun for other in answer.others] == [
            "subscription",
            "customer",
            "payment_method",
            "invoice",
        ]
        assert schedule.status == ScheduleStatus.ACTIVE
        assert (schedule.current_phase_start, schedule.current_phase_end) == (START, FEBRUARY)
        assert [(one.starts_at, one.ends_at) for one in schedule.phases] == [
            (START, FEBRUARY),
            (FEBRUARY, MARCH),
        ]
        assert schedule.metadata["plan"] == "rising"
        assert subscription.schedule == schedule.ref
        assert subscription.status == SubscriptionStatus.ACTIVE
        assert subscription.cancel_at is None
        (invoice,) = shop.invoices(subscription.ref)
        assert (invoice.total.minor, invoice.status) == (1900, InvoiceStatus.PAID)
        assert shop.events()[-1] == "subscription_schedule.created"

    def test_a_first_payment_that_waits_says_what_the_customer_has_to_do(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), card="pm_card_authenticationRequired")

        assert answer.next_action is not None
        assert answer.next_action.kind == "authenticate"
        assert shop.engine.schedules.fetch(answer.main.ref).next_action is not None

    def test_one_that_starts_later_waits_for_its_moment(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), starts_at=FEBRUARY)
        assert answer.main.status == ScheduleStatus.NOT_STARTED
        assert [other.noun for other in answer.others] == ["customer"]
        assert fetched(shop, answer).current_phase_start is None
        shop.engine.advance_to(FEBRUARY - timedelta(microseconds=1))
        assert fetched(shop, answer).status == ScheduleStatus.NOT_STARTED
        shop.events()

        shop.engine.advance_to(FEBRUARY)

        schedule = fetched(shop, answer)
        assert schedule.status == ScheduleStatus.ACTIVE
        subscription = shop.subscription(schedule.subscription or "")
        assert subscription.started_at == FEBRUARY
        assert subscription.status == SubscriptionStatus.ACTIVE
        assert shop.events()[-1] == "subscription_schedule.updated"

    def test_a_later_start_that_nobody_pays_for_is_past_due(self, shop: Shop) -> None:
        """Nobody is there to be asked, so it is collected and retried like a renewal."""
        answer = scheduled(
            shop, phase("monthly"), starts_at=FEBRUARY, card="pm_card_chargeDeclined"
        )
        shop.engine.advance_to(FEBRUARY)

        subscription = shop.subscription(fetched(shop, answer).subscription or "")
        assert subscription.status == SubscriptionStatus.PAST_DUE
        (invoice,) = shop.invoices(subscription.ref)
        assert invoice.next_attempt_at == FEBRUARY + 3 * DAY

    def test_a_later_start_whose_customer_is_gone_is_off(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), starts_at=FEBRUARY)
        shop.engine.customers.delete(answer.main.customer)
        shop.events()

        shop.engine.advance_to(FEBRUARY)

        assert fetched(shop, answer).status == ScheduleStatus.CANCELED
        assert shop.events() == ["subscription_schedule.canceled"]

    def test_what_is_refused_leaves_nothing_behind(self, shop: Shop) -> None:
        customer = shop.customer("pm_card_visa")
        shop.engine.books.remembered.clear()
        before = shop.engine.dump()
        both = phase("monthly", ends_at=FEBRUARY, periods=1)
        for wrong in (
            {"phases": ()},
            {"phases": (phase("nothing"),)},
            {"phases": (phase(),)},
            {"phases": (phase("monthly"), phase("euro"))},
            {"phases": (both,)},
            {"phases": (phase("monthly", periods=None),)},
            {"phases": (phase("monthly", periods=0),)},
            {"phases": (phase("yearly", periods=9000),)},
            {"phases": (phase("weekly", periods=10_001),)},
            {"phases": (phase("monthly"), phase("pro", ends_at=FEBRUARY))},
            {"phases": (phase("yearly", periods=3, is_trial=True),)},
            {"phases": (phase("monthly", proration="sometimes"),)},
            {"phases": (phase("monthly"),), "starts_at": START - DAY},
            {"phases": (phase("monthly"),), "end_behavior": "explode"},
            {"phases": (phase("monthly"),), "customer": "cus_nobody"},
        ):
            request: Any = {"customer": customer, **wrong}
            with pytest.raises(ProcessorRejected):
                shop.engine.schedules.create(CreateSchedule(**request), key=shop.key())
        shop.engine.books.remembered.clear()
        assert shop.engine.dump() == before

    def test_moments_count_wherever_they_were_said(self, shop: Shop) -> None:
        there = timezone(timedelta(hours=-7))
        answer = scheduled(
            shop,
            phase("monthly", ends_at=MARCH.astimezone(there)),
            starts_at=FEBRUARY.astimezone(there),
        )
        (one,) = answer.main.phases
        assert (one.starts_at.tzinfo, one.ends_at.tzinfo) == (UTC, UTC)
        shop.engine.advance_to(FEBRUARY)
        item = shop.subscription(fetched(shop, answer).subscription or "").items[0]
        assert item.current_period_end == MARCH

    def test_months_from_the_last_of_january_are_the_months_that_are_billed(self) -> None:
        shop = Shop(Engine(start=datetime(2026, 1, 31, tzinfo=UTC)))
        answer = scheduled(shop, phase("monthly", periods=1), phase("monthly", periods=2))

        assert [one.ends_at for one in answer.main.phases] == [
            datetime(2026, 2, 28, tzinfo=UTC),
            datetime(2026, 4, 30, tzinfo=UTC),
        ]

    def test_a_trial_begins_the_months_anew(self) -> None:
        shop = Shop()
        answer = scheduled(
            shop,
            phase("monthly", ends_at=datetime(2026, 1, 31, tzinfo=UTC), is_trial=True),
            phase("monthly"),
            phase("monthly", quantity=2),
        )
        assert answer.main.phases[-1].ends_at == datetime(2026, 3, 31, tzinfo=UTC)


class TestTheEnd:
    @pytest.mark.parametrize("days", [31, 40])
    def test_a_released_subscription_goes_on_with_what_it_has(self, shop: Shop, days: int) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=START + days * DAY))
        shop.engine.advance_to(START + days * DAY)

        schedule = fetched(shop, answer)
        assert schedule.status == ScheduleStatus.COMPLETED
        assert schedule.completed_at == START + days * DAY
        assert (schedule.current_phase_start, schedule.current_phase_end) == (None, None)
        subscription = shop.subscription(answer.main.subscription)
        assert (subscription.status, subscription.schedule) == ("active", None)
        assert "subscription_schedule.completed" in shop.events()
        shop.pass_days(40)
        assert [amounts(one) for one in shop.invoices(subscription.ref)] == [[1900]] * 3
        assert shop.cancel(subscription.ref, "period_end").cancel_at_period_end

    def test_one_that_cancels_says_when_and_ends_before_it_would_renew(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", periods=2), end_behavior="cancel")
        assert shop.subscription(answer.main.subscription).cancel_at == MARCH

        shop.engine.advance_to(MARCH)

        subscription = shop.subscription(answer.main.subscription)
        assert (subscription.status, subscription.ended_at) == ("canceled", MARCH)
        assert fetched(shop, answer).status == ScheduleStatus.COMPLETED
        assert [amounts(one) for one in shop.invoices(subscription.ref)] == [[1900], [1900]]
        events = shop.events()
        assert "subscription_schedule.completed" in events
        assert "subscription_schedule.canceled" not in events

    def test_one_that_cancels_inside_a_period_credits_the_rest(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=MIDDLE), end_behavior="cancel")
        shop.engine.advance_to(MIDDLE)

        assert amounts(shop.invoices(answer.main.subscription)[-1]) == [-950]
        assert shop.credit(answer.main.subscription).minor == 950
        assert_no_money_is_lost(shop.engine)


class TestItsSubscription:
    @pytest.mark.parametrize("when", ["period_end", "at", "keep"])
    def test_a_pending_end_is_not_set_or_undone_past_its_schedule(
        self, shop: Shop, when: str
    ) -> None:
        ref = scheduled(shop, phase("monthly")).main.subscription
        deeds = {
            "keep": lambda: shop.keep(ref),
            "period_end": lambda: shop.cancel(ref, "period_end"),
            "at": lambda: shop.cancel(ref, "at", MARCH),
        }
        with pytest.raises(ProcessorRejected, match="managed by its schedule") as refused:
            deeds[when]()
        assert refused.value.reason == "scheduled"

    def test_a_subscription_that_ends_now_ends_its_schedule(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), phase("pro"), end_behavior="cancel")
        assert shop.cancel(answer.main.subscription, "now").schedule is None

        schedule = fetched(shop, answer)
        assert (schedule.status, schedule.canceled_at) == ("canceled", START)
        assert "subscription_schedule.canceled" in shop.events()
        shop.engine.advance_to(APRIL)
        assert len(shop.invoices(answer.main.subscription)) == 1

    def test_one_that_nobody_pays_for_any_more_is_aborted(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", periods=12), card="pm_card_failsAtRenewal")
        shop.pass_days(60)

        assert shop.subscription(answer.main.subscription).status == SubscriptionStatus.CANCELED
        assert fetched(shop, answer).status == ScheduleStatus.CANCELED
        events = shop.events()
        assert "subscription_schedule.aborted" in events
        assert "subscription_schedule.canceled" not in events

    def test_a_deleted_customer_has_no_schedule_that_runs(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), phase("pro"))
        shop.engine.customers.delete(answer.main.customer)

        assert fetched(shop, answer).status == ScheduleStatus.CANCELED
        shop.engine.advance_to(APRIL)
        assert len(shop.invoices(answer.main.subscription)) == 1

    def test_a_change_that_waits_for_its_money_is_off_when_the_next_phase_begins(
        self, shop: Shop
    ) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=MIDDLE), phase("pro", ends_at=MARCH))
        shop.engine.advance_to(MIDDLE - DAY / 4)
        shop.attach(answer.main.customer, "pm_card_authenticationRequired")
        shop.swap(answer.main.subscription, "price_seat", 9)
        assert shop.subscription(answer.main.subscription).pending_until is not None

        shop.engine.advance_to(MIDDLE)

        subscription = shop.subscription(answer.main.subscription)
        assert subscription.pending_until is None
        assert items_of(shop, answer) == [("pro", 1)]
        assert_no_money_is_lost(shop.engine)

    def test_a_pause_that_ends_when_a_phase_begins_is_over_for_its_invoice(
        self, shop: Shop
    ) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=MIDDLE),
            phase("pro", ends_at=MARCH, proration="always_invoice"),
        )
        shop.pause(answer.main.subscription, "void", MIDDLE)
        shop.engine.advance_to(MIDDLE)

        assert amounts(shop.invoices(answer.main.subscription)[-1]) == [-950, 2450]

    def test_while_collection_is_paused_a_phase_is_not_invoiced_at_once(self, shop: Shop) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=MIDDLE),
            phase("pro", ends_at=MARCH, proration="always_invoice"),
        )
        shop.pause(answer.main.subscription, "void")
        shop.engine.advance_to(MIDDLE)
        assert len(shop.invoices(answer.main.subscription)) == 1

        shop.resume(answer.main.subscription)
        shop.engine.advance_to(FEBRUARY)

        assert amounts(shop.invoices(answer.main.subscription)[-1]) == [-950, 2450, 4900]


def test_the_same_key_schedules_once(shop: Shop) -> None:
    request = CreateSchedule(customer=shop.customer("pm_card_visa"), phases=(phase("monthly"),))
    key = shop.key()
    first = shop.engine.schedules.create(request, key=key)
    before = shop.engine.dump()

    assert shop.engine.schedules.create(request, key=key) == first
    assert shop.engine.dump() == before
    found = shop.engine.schedules.find_created(key, request.customer)
    assert found is not None
    assert found.main == first.main
    assert shop.engine.schedules.find_created(key, "cus_other") is None
    assert shop.engine.schedules.of_customer(request.customer) == (first.main.ref,)


def test_a_schedule_survives_a_restart(shop: Shop) -> None:
    later = scheduled(shop, phase("monthly"), phase("pro"), starts_at=MIDDLE)
    scheduled(shop, phase("monthly"), phase("pro"))
    again = Engine.load(shop.engine.dump())
    for engine in (shop.engine, again):
        engine.advance_to(APRIL)

    assert again.dump() == shop.engine.dump()
    assert again.schedules.fetch(later.main.ref).main.status == ScheduleStatus.COMPLETED


def test_its_webhooks_say_where_to_look(shop: Shop) -> None:
    processor = FakeProcessor(shop.engine)
    answer = scheduled(shop, phase("monthly"), end_behavior="cancel")
    shop.engine.advance_to(FEBRUARY)

    told = [
        processor.verify(webhook.body, webhook.headers, now=shop.engine.clock.now())
        for webhook in shop.engine.emitter.take()
    ]
    assert [(event.type, event.object_ref) for event in told if event.noun == "schedule"] == [
        ("subscription_schedule.created", answer.main.ref),
        ("subscription_schedule.completed", answer.main.ref),
    ]


def test_a_customer_with_a_clock_has_schedules_that_keep_its_time(shop: Shop) -> None:
    customer = shop.customer("pm_card_visa")
    clock = shop.engine.clocks.create(START, customers=(customer,))
    answer = scheduled(shop, phase("monthly"), phase("pro"), customer=customer, starts_at=FEBRUARY)
    shop.engine.advance_to(APRIL)
    assert fetched(shop, answer).status == ScheduleStatus.NOT_STARTED

    shop.engine.clocks.advance(clock.ref, MARCH)

    assert items_of(shop, answer) == [("pro", 1)]
    assert shop.subscription(fetched(shop, answer).subscription or "").started_at == FEBRUARY
