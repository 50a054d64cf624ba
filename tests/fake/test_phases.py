"""Phases: one follows the other in its time, and what that puts on an invoice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accrue_core.contracts.schedules import (
    ScheduleStatus,
)
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import ProcessorRejected
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


class TestPhases:
    def test_a_phase_that_begins_with_a_period_renews_with_its_items(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), phase("pro", quantity=2))
        shop.events()

        shop.engine.advance_to(FEBRUARY)

        assert items_of(shop, answer) == [("pro", 2)]
        renewal = shop.invoices(answer.main.subscription)[-1]
        assert amounts(renewal) == [9800]
        assert renewal.billing_reason == "subscription_cycle"
        assert not any(line.is_proration for line in renewal.lines)
        assert shop.events() == [
            "subscription_schedule.updated",
            "invoice.created",
            "invoice.finalized",
            "customer.subscription.updated",
            "invoice.paid",
        ]
        assert fetched(shop, answer).current_phase_end == MARCH

    def test_another_interval_begins_with_the_period_that_ends(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), phase("yearly"))
        shop.engine.advance_to(FEBRUARY)

        assert amounts(shop.invoices(answer.main.subscription)[-1]) == [19000]
        item = shop.subscription(answer.main.subscription).items[0]
        assert item.current_period_start == FEBRUARY
        assert item.current_period_end == datetime(2027, 2, 1, tzinfo=UTC)
        assert fetched(shop, answer).current_phase_end == item.current_period_end

    def test_a_phase_inside_a_period_is_prorated_with_the_next_invoice(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=MIDDLE), phase("pro", ends_at=MARCH))
        shop.engine.advance_to(MIDDLE)
        assert items_of(shop, answer) == [("pro", 1)]
        assert len(shop.invoices(answer.main.subscription)) == 1

        shop.engine.advance_to(FEBRUARY)

        assert amounts(shop.invoices(answer.main.subscription)[-1]) == [-950, 2450, 4900]

    def test_a_phase_inside_a_period_is_invoiced_at_once_where_asked(self, shop: Shop) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=MIDDLE),
            phase("pro", ends_at=MARCH, proration="always_invoice"),
        )
        shop.engine.advance_to(MIDDLE)

        invoice = shop.invoices(answer.main.subscription)[-1]
        assert amounts(invoice) == [-950, 2450]
        assert (invoice.billing_reason, invoice.status) == ("subscription_update", "paid")
        shop.engine.advance_to(FEBRUARY)
        assert amounts(shop.invoices(answer.main.subscription)[-1]) == [4900]

    def test_a_phase_inside_a_period_may_cost_nothing_until_the_next(self, shop: Shop) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=MIDDLE),
            phase("pro", ends_at=MARCH, proration="none"),
        )
        shop.engine.advance_to(FEBRUARY)

        assert [amounts(one) for one in shop.invoices(answer.main.subscription)] == [[1900], [4900]]

    def test_what_a_phase_did_not_charge_no_later_phase_gives_back(self, shop: Shop) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=MIDDLE),
            phase("pro", ends_at=MIDDLE + DAY, proration="none"),
            phase("free", ends_at=MARCH),
        )
        shop.engine.advance_to(FEBRUARY)

        assert sum(amounts(shop.invoices(answer.main.subscription)[-1])) == 0

    def test_another_interval_inside_a_period_begins_a_new_one_at_once(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=MIDDLE), phase("yearly"))
        shop.engine.advance_to(MIDDLE)

        invoice = shop.invoices(answer.main.subscription)[-1]
        assert amounts(invoice) == [-950, 19000]
        item = shop.subscription(answer.main.subscription).items[0]
        assert item.current_period_start == MIDDLE
        assert fetched(shop, answer).current_phase_end == item.current_period_end

    def test_what_begins_a_period_of_its_own_is_billed_for_all_of_it_at_once(
        self, shop: Shop
    ) -> None:
        """Two weeks after 1 January a week begins, too, and the month goes on."""
        answer = scheduled(
            shop,
            phase("monthly", ends_at=START + 14 * DAY),
            phase("monthly", "weekly", ends_at=MARCH),
        )
        shop.engine.advance_to(START + 14 * DAY)

        invoice = shop.invoices(answer.main.subscription)[-1]
        assert amounts(invoice) == [500]
        assert not invoice.lines[0].is_proration
        month, week = shop.subscription(answer.main.subscription).items
        assert month.current_period_end == FEBRUARY
        assert week.current_period_end == START + 21 * DAY

    def test_an_item_whose_price_stays_keeps_its_ref(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", "seat"), phase("pro", "seat"))
        before = shop.subscription(answer.main.subscription).items
        shop.engine.advance_to(FEBRUARY)

        after = shop.subscription(answer.main.subscription).items
        assert after[1].ref == before[1].ref
        assert after[0].ref not in {item.ref for item in before}

    def test_a_declined_card_at_a_boundary_leaves_it_past_due_in_its_new_phase(
        self, shop: Shop
    ) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=MIDDLE),
            phase("pro", ends_at=MARCH, proration="always_invoice"),
            card="pm_card_failsAtRenewal",
        )
        shop.engine.advance_to(MIDDLE)

        subscription = shop.subscription(answer.main.subscription)
        assert items_of(shop, answer) == [("pro", 1)]
        assert subscription.status == SubscriptionStatus.PAST_DUE
        shop.attach(answer.main.customer, "pm_card_visa")
        shop.pass_days(3)
        assert shop.subscription(subscription.ref).status == SubscriptionStatus.ACTIVE

    def test_a_phase_that_changes_nothing_invoices_nothing(self, shop: Shop) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=MIDDLE),
            phase("pro", ends_at=MIDDLE + DAY),
            phase("pro", ends_at=MARCH, proration="always_invoice"),
        )
        shop.engine.advance_to(MIDDLE + DAY)

        assert len(shop.invoices(answer.main.subscription)) == 1

    def test_time_that_nobody_has_paid_for_is_not_credited(self, shop: Shop) -> None:
        answer = scheduled(
            shop,
            phase("pro", ends_at=FEBRUARY + 2 * DAY),
            phase("monthly", ends_at=APRIL),
            card="pm_card_failsAtRenewal",
        )
        shop.engine.advance_to(FEBRUARY + 2 * DAY)

        assert items_of(shop, answer) == [("monthly", 1)]
        assert shop.subscription(answer.main.subscription).status == SubscriptionStatus.PAST_DUE
        assert shop.engine.books.subscriptions[answer.main.subscription].unbilled == []
        shop.attach(answer.main.customer, "pm_card_visa")
        shop.engine.advance_to(MARCH)
        assert amounts(shop.invoices(answer.main.subscription)[-1]) == [1900]

    def test_a_first_payment_that_is_not_made_by_the_end_of_its_phase_is_given_up(
        self, shop: Shop
    ) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=START + DAY / 2),
            phase("pro"),
            card="pm_card_chargeDeclined",
        )
        shop.engine.advance_to(START + DAY / 2)

        subscription = shop.subscription(answer.main.subscription)
        assert subscription.status == SubscriptionStatus.INCOMPLETE_EXPIRED
        assert fetched(shop, answer).status == ScheduleStatus.CANCELED
        assert "subscription_schedule.aborted" in shop.events()


class TestCoupons:
    @pytest.fixture(autouse=True)
    def coupons(self, shop: Shop) -> None:
        shop.engine.discounts.add_coupon("half", percent_off="50", duration="forever")
        shop.engine.discounts.add_coupon("rare", percent_off="10", max_redemptions=1)

    def test_each_phase_has_its_own(self, shop: Shop) -> None:
        answer = scheduled(
            shop, phase("monthly", coupon="half"), phase("monthly"), phase("pro", coupon="half")
        )
        assert shop.subscription(answer.main.subscription).coupons == ("half",)
        shop.engine.advance_to(MARCH)

        totals = [one.total.minor for one in shop.invoices(answer.main.subscription)]
        assert totals == [950, 1900, 2450]

    def test_inside_a_period_it_is_prorated_like_the_items(self, shop: Shop) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=MIDDLE, coupon="half"),
            phase("monthly", ends_at=MARCH),
        )
        shop.engine.advance_to(FEBRUARY)

        renewal = shop.invoices(answer.main.subscription)[-1]
        assert amounts(renewal) == [-475, 950, 1900]
        assert_no_money_is_lost(shop.engine)

    def test_another_one_for_the_current_phase_is_a_change_of_now(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly", ends_at=FEBRUARY))
        shop.engine.advance_to(MIDDLE)
        updated(shop, answer, phase("monthly", ends_at=MARCH, coupon="half"))

        assert shop.subscription(answer.main.subscription).coupons == ("half",)
        shop.engine.advance_to(FEBRUARY)
        assert shop.invoices(answer.main.subscription)[-1].total.minor == 950 - 475

    def test_one_that_is_used_up_when_its_phase_begins_is_none(self, shop: Shop) -> None:
        answer = scheduled(shop, phase("monthly"), phase("pro", coupon="rare"))
        shop.subscribe(shop.customer("pm_card_visa"), coupon="rare")
        shop.engine.advance_to(FEBRUARY)

        assert items_of(shop, answer) == [("pro", 1)]
        assert shop.subscription(answer.main.subscription).coupons == ()

    def test_what_a_lost_coupon_makes_dearer_is_not_given_back(self, shop: Shop) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=MIDDLE, coupon="half"),
            phase("monthly", ends_at=MIDDLE + DAY, proration="none"),
            phase("free", ends_at=MARCH),
        )
        shop.engine.advance_to(FEBRUARY)

        assert sum(amounts(shop.invoices(answer.main.subscription)[-1])) == 0

    def test_one_that_stays_is_redeemed_once(self, shop: Shop) -> None:
        shop.engine.discounts.add_coupon(
            "sole", percent_off="50", duration="forever", max_redemptions=1
        )
        answer = scheduled(shop, phase("monthly", coupon="sole"), phase("pro", coupon="sole"))
        updated(
            shop,
            answer,
            *(
                phase(name, coupon="sole", ends_at=end)
                for name, end in (("monthly", FEBRUARY), ("pro", MARCH))
            ),
        )
        shop.engine.advance_to(FEBRUARY)

        assert shop.subscription(answer.main.subscription).coupons == ("sole",)

    def test_an_unknown_one_is_refused_beforehand(self, shop: Shop) -> None:
        with pytest.raises(ProcessorRejected, match="no such coupon"):
            scheduled(shop, phase("monthly"), phase("pro", coupon="never"))


class TestTrialPhases:
    def test_a_trial_comes_first_and_is_paid_for_with_the_next_phase(self, shop: Shop) -> None:
        answer = scheduled(
            shop, phase("monthly", ends_at=START + 14 * DAY, is_trial=True), phase("pro")
        )
        subscription = shop.subscription(answer.main.subscription)
        assert subscription.status == SubscriptionStatus.TRIALING
        assert subscription.trial_end == START + 14 * DAY

        shop.pass_days(14)

        subscription = shop.subscription(answer.main.subscription)
        assert subscription.status == SubscriptionStatus.ACTIVE
        assert items_of(shop, answer) == [("pro", 1)]
        assert [amounts(one) for one in shop.invoices(subscription.ref)] == [[0], [4900]]
        assert fetched(shop, answer).current_phase_end == START + (14 + 31) * DAY

    def test_a_trial_in_between_credits_what_it_cuts_short(self, shop: Shop) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=MIDDLE),
            phase("pro", ends_at=MIDDLE + 7 * DAY, is_trial=True),
            phase("pro"),
        )
        shop.engine.advance_to(MIDDLE)

        subscription = shop.subscription(answer.main.subscription)
        assert subscription.status == SubscriptionStatus.TRIALING
        assert (subscription.trial_start, subscription.trial_end) == (MIDDLE, MIDDLE + 7 * DAY)
        assert subscription.items[0].current_period_end == MIDDLE + 7 * DAY
        shop.engine.advance_to(MIDDLE + 7 * DAY)
        assert shop.subscription(subscription.ref).status == SubscriptionStatus.ACTIVE
        assert amounts(shop.invoices(subscription.ref)[-1]) == [-950, 4900]

    def test_trials_follow_each_other_as_one(self, shop: Shop) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=START + 7 * DAY, is_trial=True),
            phase("pro", ends_at=START + 14 * DAY, is_trial=True),
            phase("monthly"),
        )
        shop.pass_days(7)

        subscription = shop.subscription(answer.main.subscription)
        assert (subscription.status, subscription.trial_end) == ("trialing", START + 14 * DAY)
        assert subscription.trial_start == START
        assert items_of(shop, answer) == [("pro", 1)]
        shop.pass_days(7)
        assert [amounts(one) for one in shop.invoices(subscription.ref)] == [[0], [1900]]

    def test_a_trial_that_was_prolonged_ends_with_its_phase_all_the_same(self, shop: Shop) -> None:
        answer = scheduled(
            shop, phase("monthly", ends_at=START + 7 * DAY, is_trial=True), phase("pro")
        )
        shop.end_trial(answer.main.subscription, START + 10 * DAY)
        shop.pass_days(7)

        subscription = shop.subscription(answer.main.subscription)
        assert (subscription.status, subscription.trial_end) == ("active", START + 7 * DAY)
        assert amounts(shop.invoices(subscription.ref)[-1]) == [4900]

    def test_what_owes_money_gets_no_trial(self, shop: Shop) -> None:
        answer = scheduled(
            shop,
            phase("monthly", ends_at=FEBRUARY + DAY),
            phase("pro", ends_at=FEBRUARY + 6 * DAY, is_trial=True),
            phase("pro"),
            card="pm_card_failsAtRenewal",
        )
        shop.engine.advance_to(FEBRUARY + DAY)

        assert shop.subscription(answer.main.subscription).status == SubscriptionStatus.PAST_DUE
