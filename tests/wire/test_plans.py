"""Schedules and coupons through the official SDK."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.wire.till import DAY, JANUARY, MONTH, Till


async def test_a_schedule_moves_its_subscription_from_phase_to_phase(till: Till) -> None:
    clock = await till.clock()
    customer, cheap = await till.customer(test_clock=clock), await till.price()
    dear = await till.price(4900)
    asked: Any = {
        "customer": customer,
        "start_date": "now",
        "end_behavior": "cancel",
        "metadata": {"plan": "climb"},
        "phases": [
            {
                "items": [{"price": cheap}],
                "duration": {"interval": "month", "interval_count": 2},
            },
            {"items": [{"price": dear, "quantity": 2}], "end_date": JANUARY + 90 * DAY},
        ],
    }
    asked["expand"] = ["subscription"]
    made = await till.v1.subscription_schedules.create_async(asked)
    assert (made.status, made.metadata and made.metadata["plan"]) == ("active", "climb")
    driven = made.subscription
    assert isinstance(driven, stripe.Subscription)
    assert (driven.status, driven.schedule, driven.metadata.to_dict()) == ("active", made.id, {})

    await till.advance(clock, JANUARY + 2 * MONTH)
    second = await till.v1.subscriptions.retrieve_async(driven.id)
    assert (second["items"].data[0].price.id, second["items"].data[0].quantity) == (dear, 2)
    await till.advance(clock, JANUARY + 91 * DAY)

    assert (await till.v1.subscriptions.retrieve_async(driven.id)).status == "canceled"
    found = await till.v1.subscription_schedules.retrieve_async(made.id)
    assert found.status == "completed"
    listed = await till.v1.subscription_schedules.list_async({"customer": customer})
    assert [one.id for one in listed.data] == [made.id]


async def test_a_schedule_is_planned_anew_released_and_canceled(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    schedules = till.v1.subscription_schedules
    start = int(till.engine.books.now.timestamp()) + DAY

    async def planned() -> str:
        asked: Any = {
            "customer": customer,
            "start_date": start,
            "phases": [{"items": [{"price": price}], "end_date": start + 30 * DAY}],
        }
        return (await schedules.create_async(asked)).id

    first, second = await planned(), await planned()
    longer: Any = {
        "phases": [{"items": [{"price": price}], "start_date": start, "end_date": start + 60 * DAY}]
    }
    longer["metadata"] = {"x": "1"}
    changed = await schedules.update_async(first, longer)
    assert changed.phases[0].end_date == start + 60 * DAY
    assert (await schedules.release_async(first)).status == "released"
    assert (await schedules.cancel_async(second)).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        await schedules.release_async(second)


async def test_a_coupon_takes_off_what_it_says(till: Till) -> None:
    coupon = await till.v1.coupons.create_async(
        {"id": "HALF", "percent_off": 50, "duration": "forever", "name": "Half"}
    )
    assert (coupon.id, coupon.percent_off, coupon.name, coupon.valid) == ("HALF", 50, "Half", True)
    customer, price = await till.customer(), await till.price()
    made = await till.subscribe(
        customer, price, discounts=[{"coupon": "HALF"}], expand=["latest_invoice", "discounts"]
    )
    invoice, (discount,) = made.latest_invoice, made.discounts
    assert isinstance(invoice, stripe.Invoice)
    assert invoice.total == 950
    assert not isinstance(discount, str)
    assert discount.source.coupon == "HALF"

    without = await till.v1.subscriptions.update_async(made.id, {"discounts": ""})
    assert without.discounts == []
    again = await till.v1.subscriptions.update_async(made.id, {"discounts": [{"coupon": "HALF"}]})
    assert len(again.discounts) == 1
    renamed = await till.v1.coupons.update_async("HALF", {"name": "Half off"})
    assert renamed.name == "Half off"
    assert [one.id for one in (await till.v1.coupons.list_async()).data] == ["HALF"]


@pytest.mark.parametrize(
    "asked",
    [
        {"percent_off": "101"},
        {"percent_off": "0"},
        {"amount_off": 100},
        {"duration": "repeating", "percent_off": "5"},
        {},
        {"id": "TAKEN", "percent_off": "7"},
    ],
)
async def test_a_coupon_that_cannot_be_is_refused(till: Till, asked: dict[str, Any]) -> None:
    taken: Any = {"id": "TAKEN", "percent_off": 5}
    await till.v1.coupons.create_async(taken)
    wrong: Any = asked

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await till.v1.coupons.create_async(wrong)

    assert refused.value.http_status == 400


async def test_two_clocks_keep_two_times(till: Till) -> None:
    early, late = await till.clock(), await till.clock(JANUARY + 365 * DAY)
    price = await till.price()
    first = await till.subscribe(await till.customer(test_clock=early), price)
    second = await till.subscribe(await till.customer(test_clock=late), price)
    outside = await till.subscribe(await till.customer(), price)

    await till.advance(late, JANUARY + 365 * DAY + MONTH + 1)

    found = [
        len((await till.v1.invoices.list_async({"subscription": one.id})).data)
        for one in (first, second, outside)
    ]
    assert found == [1, 2, 1]
    assert first.created == JANUARY
    assert second.created == JANUARY + 365 * DAY
    assert (await till.v1.test_helpers.test_clocks.retrieve_async(early)).frozen_time == JANUARY


async def test_what_begins_during_an_advance_is_told_as_it_began(till: Till) -> None:
    clock = await till.clock()
    customer, price = await till.customer(test_clock=clock), await till.price()
    begin = JANUARY + 2 * DAY
    asked: Any = {
        "customer": customer,
        "start_date": begin,
        "phases": [{"items": [{"price": price}], "end_date": begin + 300 * DAY}],
    }
    await till.v1.subscription_schedules.create_async(asked)

    await till.advance(clock, JANUARY + 100 * DAY)

    created = await till.v1.events.list_async({"type": "customer.subscription.created"})
    (event,) = created.data
    assert event.created == begin
    assert event.data.object["items"]["data"][0]["current_period_start"] == begin
