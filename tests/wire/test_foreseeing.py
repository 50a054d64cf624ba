"""What is told of invoices besides: changes by payments, and renewals before they come."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.wire.till import DAY, JANUARY, MONTH, Till

WEEK = 7 * DAY


async def told(till: Till, type_: str) -> list[stripe.Event]:
    """Return the events of a type, oldest first."""
    found = await till.v1.events.list_async({"type": type_, "limit": 100})
    return found.data[::-1]


async def test_a_renewal_is_told_a_week_ahead_as_the_invoice_that_comes(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    made = await till.subscribe(await till.customer(test_clock=clock), price)

    await till.advance(clock, JANUARY + 3 * MONTH)

    events = await told(till, "invoice.upcoming")
    renewals = await told(till, "invoice.created")
    assert len(events) == 3
    for event, renewal in zip(events, renewals[1:], strict=False):
        coming, drawn = event.data.object, renewal.data.object
        assert event.created == drawn["created"] - WEEK
        assert coming["total"] == drawn["total"] == 1900
        assert coming["next_payment_attempt"] == drawn["created"]
        assert coming["parent"]["subscription_details"]["subscription"] == made.id
        assert (coming["status"], coming["billing_reason"]) == ("draft", "upcoming")
        [line], [then] = coming["lines"]["data"], drawn["lines"]["data"]
        assert line["period"] == then["period"]
        with pytest.raises(stripe.InvalidRequestError):
            await till.v1.invoices.retrieve_async(coming["id"])


async def test_what_will_not_renew_or_renews_each_week_is_not_told_ahead(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    week = await till.price(recurring={"interval": "week"})
    customer = await till.customer(test_clock=clock)
    ending = await till.subscribe(customer, price)
    await till.v1.subscriptions.update_async(ending.id, {"cancel_at_period_end": True})
    paused = await till.subscribe(customer, price)
    changes: Any = {"pause_collection": {"behavior": "void"}}
    await till.v1.subscriptions.update_async(paused.id, changes)
    await till.subscribe(customer, week)

    await till.advance(clock, JANUARY + 2 * MONTH)

    assert await told(till, "invoice.upcoming") == []


async def test_the_end_of_a_trial_is_a_renewal_that_is_told_ahead(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    customer = await till.customer(test_clock=clock)
    await till.subscribe(customer, price, trial_period_days=14)

    await till.advance(clock, JANUARY + 15 * DAY)

    (event,) = await told(till, "invoice.upcoming")
    assert event.created == JANUARY + WEEK
    assert event.data.object["amount_due"] == 1900


async def test_a_payment_of_an_invoice_is_told_as_its_change(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    customer = await till.customer(test_clock=clock)
    made = await till.subscribe(customer, price)
    till.engine.scenarios.decline_next_charge()
    await till.advance(clock, JANUARY + MONTH + 10 * DAY)

    first, declined, again = await told(till, "invoice.updated")

    assert first.data.object["id"] == made.latest_invoice
    before: Any = first.data.previous_attributes
    assert (before["status"], first.data.object["status"]) == ("open", "paid")
    assert (declined.data.object["status"], declined.data.object["attempt_count"]) == ("open", 1)
    assert (again.data.object["status"], again.data.object["attempt_count"]) == ("paid", 2)
    assert again.data.object["id"] == declined.data.object["id"] != made.latest_invoice
    failed = await told(till, "invoice.payment_failed")
    assert [one.data.object["id"] for one in failed] == [declined.data.object["id"]]


async def test_a_failed_payment_says_when_the_next_attempt_is(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    await till.subscribe(await till.customer(test_clock=clock), price)
    attempts = 1 + len(till.engine.books.retry_days)
    for _ in range(attempts):
        till.engine.scenarios.decline_next_charge()

    await till.advance(clock, JANUARY + 2 * MONTH - DAY)

    failed = await told(till, "invoice.payment_failed")
    planned = [one.data.object["next_payment_attempt"] for one in failed]
    assert len(failed) == attempts
    assert planned == [*(one.created for one in failed[1:]), None]


async def test_what_costs_nothing_is_paid_without_a_change_that_is_told(till: Till) -> None:
    await till.subscribe(await till.customer(), await till.price(0))

    assert len(await told(till, "invoice.paid")) == 1
    assert await told(till, "invoice.updated") == []
