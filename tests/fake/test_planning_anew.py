"""Schedules that run are planned anew, let go and canceled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from accrue_core.contracts.results import Answer
from accrue_core.contracts.schedules import (
    CancelSchedule,
    ReleaseSchedule,
    ScheduleStatus,
    UpdateSchedule,
)
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_fake import Engine
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
    updated,
)
from tests.fake.shop import DAY, FEBRUARY, START, Shop


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.stock_up()
    return shop


class TestDeeds:
    def test_the_phases_to_come_are_planned_anew(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), phase("pro"))
        shop.events()

        updated(
            shop,
            answer,
            phase("monthly", ends_at=MIDDLE),
            phase("seat", quantity=5, ends_at=MARCH),
            end_behavior="cancel",
        )

        assert shop.subscription(answer.main.subscription).cancel_at == MARCH
        assert "subscription_schedule.updated" in shop.events()
        shop.engine.advance_to(MIDDLE)
        assert items_of(shop, answer) == [("seat", 5)]
        shop.engine.advance_to(MARCH)
        assert shop.subscription(answer.main.subscription).status == SubscriptionStatus.CANCELED

    def test_phases_that_are_over_stay_as_they_were(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), phase("pro"))
        shop.engine.advance_to(FEBRUARY)

        updated(shop, answer, phase("pro", ends_at=APRIL))

        schedule = fetched(shop, answer)
        assert schedule.phases[0] == answer.main.phases[0]
        assert (schedule.phases[1].starts_at, schedule.phases[1].ends_at) == (FEBRUARY, APRIL)
        shop.engine.advance_to(MARCH)
        assert fetched(shop, answer).status == ScheduleStatus.ACTIVE
        shop.engine.advance_to(APRIL)
        assert fetched(shop, answer).status == ScheduleStatus.COMPLETED

    def test_other_items_in_the_current_phase_are_a_change_of_now(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=FEBRUARY))
        shop.engine.advance_to(MIDDLE)

        changed = updated(shop, answer, phase("pro", ends_at=APRIL, proration="always_invoice"))

        assert items_of(shop, answer) == [("pro", 1)]
        (invoice,) = [other for other in changed.others if other.noun == "invoice"]
        assert amounts(invoice) == [-950, 2450]

    def test_a_change_of_now_that_costs_nothing_is_not_given_back(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=FEBRUARY))
        shop.engine.advance_to(MIDDLE)
        updated(
            shop,
            answer,
            phase("pro", ends_at=MIDDLE + DAY, proration="none"),
            phase("free", ends_at=MARCH),
        )
        shop.engine.advance_to(FEBRUARY)

        assert sum(amounts(shop.invoices(answer.main.subscription)[-1])) == 0

    def test_a_declined_card_leaves_the_plan_as_it_was(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=FEBRUARY), card="pm_card_failsAtRenewal")
        shop.engine.advance_to(MIDDLE)
        request = UpdateSchedule(
            ref=answer.main.ref, phases=(phase("pro", ends_at=APRIL, proration="always_invoice"),)
        )
        with pytest.raises(CardDeclined):
            shop.engine.schedules.update(request, key=shop.key())

        assert fetched(shop, answer) == answer.main
        assert items_of(shop, answer) == [("monthly", 1)]

    def test_a_direct_change_lasts_until_the_next_phase(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("seat"), phase("seat", quantity=3))
        shop.swap(answer.main.subscription, "price_seat", 2, proration="none")
        updated(
            shop, answer, phase("seat", ends_at=FEBRUARY), phase("seat", quantity=3, ends_at=MARCH)
        )
        assert items_of(shop, answer) == [("seat", 2)]

        shop.engine.advance_to(FEBRUARY)

        assert items_of(shop, answer) == [("seat", 3)]

    @pytest.mark.parametrize(("was", "is_"), [(True, False), (False, True)])
    def test_the_current_phase_begins_or_ends_a_trial(
        self, shop: Shop, was: bool, is_: bool
    ) -> None:
        end = START + 20 * DAY
        answer = scheduled(shop, phase("monthly", ends_at=end, is_trial=was))
        shop.engine.advance_to(START + 5 * DAY)

        updated(shop, answer, phase("monthly", ends_at=end, is_trial=is_))

        subscription = shop.subscription(answer.main.subscription)
        assert (subscription.status == SubscriptionStatus.TRIALING) is is_
        assert (subscription.trial_end == end) is is_
        assert_no_money_is_lost(shop.engine)

    def test_a_trial_that_ends_unpaid_may_end_everything(self) -> None:
        shop = Shop(Engine(retry_days=()))
        answer = scheduled(
            shop, phase("monthly", ends_at=MIDDLE, is_trial=True), card="pm_card_chargeDeclined"
        )
        changed = updated(shop, answer, phase("monthly", ends_at=FEBRUARY))

        assert changed.main.status == ScheduleStatus.CANCELED
        assert shop.subscription(answer.main.subscription).status == SubscriptionStatus.CANCELED

    def test_a_longer_trial_phase_is_a_longer_trial(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=MIDDLE, is_trial=True))
        updated(shop, answer, phase("monthly", ends_at=FEBRUARY, is_trial=True))

        assert shop.subscription(answer.main.subscription).trial_end == FEBRUARY
        shop.engine.advance_to(FEBRUARY)
        assert [amounts(one) for one in shop.invoices(answer.main.subscription)] == [[0], [1900]]

    def test_one_that_has_not_started_is_planned_anew_as_a_whole(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), phase("pro"), starts_at=FEBRUARY)
        updated(shop, answer, phase("seat", ends_at=APRIL))
        shop.engine.advance_to(FEBRUARY)

        assert items_of(shop, answer) == [("seat", 1)]
        assert len(fetched(shop, answer).phases) == 1

    def test_what_cannot_be_planned_is_refused(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=MARCH))
        shop.engine.advance_to(FEBRUARY)
        before = shop.engine.dump()
        for phases in (
            (),
            (phase("monthly"),),
            (phase("monthly", ends_at=MIDDLE),),
            (phase("monthly", ends_at=FEBRUARY),),
            (phase("euro", ends_at=MARCH),),
        ):
            request = UpdateSchedule(ref=answer.main.ref, phases=phases)
            with pytest.raises(ProcessorRejected):
                shop.engine.schedules.update(request, key=shop.key())
        shop.engine.books.remembered.clear()
        assert Engine.load(before).books.schedules == shop.engine.books.schedules
        assert Engine.load(before).books.subscriptions == shop.engine.books.subscriptions

    @pytest.mark.parametrize("start", [START, FEBRUARY], ids=["now", "later"])
    def test_one_that_is_released_does_nothing_more(self, shop: Shop, start: datetime) -> None:
        answer = scheduled(
            shop, phase("monthly"), phase("pro"), starts_at=start, end_behavior="cancel"
        )
        request = ReleaseSchedule(ref=answer.main.ref)
        released = shop.engine.schedules.release(request, key=shop.key())

        assert (released.main.status, released.main.released_at) == ("released", START)
        assert "subscription_schedule.released" in shop.events()
        shop.engine.advance_to(APRIL)
        assert fetched(shop, answer) == released.main
        if start == START:
            subscription = shop.subscription(answer.main.subscription)
            assert (subscription.status, subscription.cancel_at) == ("active", None)
            assert [item.price for item in subscription.items] == ["price_monthly"]

    @pytest.mark.parametrize("start", [START, FEBRUARY], ids=["now", "later"])
    def test_one_that_is_canceled_ends_its_subscription(self, shop: Shop, start: datetime) -> None:
        answer = scheduled(shop, phase("monthly"), starts_at=start)
        request = CancelSchedule(ref=answer.main.ref)
        canceled = shop.engine.schedules.cancel(request, key=shop.key())

        assert (canceled.main.status, canceled.main.canceled_at) == ("canceled", START)
        events = shop.events()
        assert events.count("subscription_schedule.canceled") == 1
        assert ("customer.subscription.deleted" in events) is (start == START)
        assert [other.status for other in canceled.others] == ["canceled"] * (start == START)
        shop.engine.advance_to(APRIL)
        assert fetched(shop, answer) == canceled.main

    def test_what_is_over_is_refused(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=FEBRUARY))
        shop.engine.advance_to(FEBRUARY)
        ref, schedules = answer.main.ref, shop.engine.schedules
        deeds: list[Callable[[], Answer]] = [
            lambda: schedules.cancel(CancelSchedule(ref=ref), key=shop.key()),
            lambda: schedules.release(ReleaseSchedule(ref=ref), key=shop.key()),
            lambda: updated(shop, answer, phase("monthly", ends_at=APRIL)),
        ]
        for deed in deeds:
            with pytest.raises(ProcessorRejected, match="completed is over"):
                deed()
