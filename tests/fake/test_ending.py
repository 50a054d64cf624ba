"""How subscriptions end, and how that is undone."""

from __future__ import annotations

import pytest

from accrue_core.errors import ProcessorRejected, RemoteMissing
from tests.fake.shop import DAY, START, Shop


def test_now_is_now(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.events()

    ended = shop.cancel(ref, "now")
    shop.pass_days(365)

    assert (ended.status, ended.ended_at, ended.canceled_at) == ("canceled", START, START)
    assert len(shop.invoices(ref)) == 1
    assert shop.events() == ["customer.subscription.deleted"]


def test_at_the_end_of_the_period_no_renewal_is_drawn(shop: Shop) -> None:
    ref = shop.subscribed()
    pending = shop.cancel(ref, "period_end")
    assert (pending.status, pending.cancel_at_period_end) == ("active", True)
    assert pending.cancel_at == START + 31 * DAY
    shop.events()

    shop.pass_days(31)

    ended = shop.subscription(ref)
    assert (ended.status, ended.ended_at) == ("canceled", START + 31 * DAY)
    assert ended.canceled_at == START
    assert len(shop.invoices(ref)) == 1
    assert shop.events() == ["customer.subscription.deleted"]


def test_at_a_date_beyond_the_period_it_renews_until_then(shop: Shop) -> None:
    ref = shop.subscribed()
    moment = START + 45 * DAY

    pending = shop.cancel(ref, "at", moment)
    shop.pass_days(100)

    assert (pending.cancel_at, pending.cancel_at_period_end) == (moment, False)
    assert shop.subscription(ref).ended_at == moment
    assert len(shop.invoices(ref)) == 2


def test_kept_it_renews_as_if_nothing_had_been(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.cancel(ref, "period_end")

    kept = shop.keep(ref)
    shop.pass_days(31)

    assert (kept.cancel_at, kept.cancel_at_period_end, kept.canceled_at) == (None, False, None)
    assert shop.subscription(ref).status == "active"
    assert len(shop.invoices(ref)) == 2


def test_the_last_wish_counts(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.cancel(ref, "at", START + 5 * DAY)
    shop.cancel(ref, "period_end")
    shop.cancel(ref, "at", START + 40 * DAY)

    shop.pass_days(39)
    assert shop.subscription(ref).status == "active"
    shop.pass_days(1)

    assert shop.subscription(ref).ended_at == START + 40 * DAY


def test_a_trial_that_ends_with_its_period_is_never_charged(shop: Shop) -> None:
    ref = shop.subscribed(trial_days=14)
    assert shop.cancel(ref, "period_end").cancel_at == START + 14 * DAY

    shop.pass_days(14)

    assert shop.subscription(ref).status == "canceled"
    assert len(shop.invoices(ref)) == 1


def test_nothing_pending_is_kept_without_an_event(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.events()

    shop.keep(ref)

    assert shop.events() == []


def test_retries_stop_when_it_ends(shop: Shop) -> None:
    ref = shop.subscribed("pm_card_failsAtRenewal")
    shop.pass_days(31)

    shop.cancel(ref, "now")
    shop.pass_days(30)

    invoice = shop.invoices(ref)[-1]
    assert (invoice.status, invoice.attempts, invoice.next_attempt_at) == ("open", 1, None)


def test_ending_an_incomplete_one_voids_its_invoice(shop: Shop) -> None:
    ref = shop.subscribed(None)

    assert shop.cancel(ref, "now").status == "canceled"
    shop.pass_days(2)

    assert shop.subscription(ref).status == "canceled"
    assert shop.invoices(ref)[0].status == "void"


def test_what_has_ended_stays_ended(shop: Shop) -> None:
    ref = shop.subscribed()
    shop.cancel(ref, "now")

    for when, at in (("now", None), ("period_end", None), ("at", START + DAY)):
        with pytest.raises(ProcessorRejected):
            shop.cancel(ref, when, at)
    with pytest.raises(ProcessorRejected):
        shop.keep(ref)


@pytest.mark.parametrize("at", [None, START, START - DAY])
def test_a_date_lies_in_the_future(shop: Shop, at: object) -> None:
    with pytest.raises(ProcessorRejected):
        shop.cancel(shop.subscribed(), "at", at)  # type: ignore[arg-type]


def test_what_never_was_is_missing(shop: Shop) -> None:
    with pytest.raises(RemoteMissing):
        shop.cancel("sub_fake_99999", "now")
