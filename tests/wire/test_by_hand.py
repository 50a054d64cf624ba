"""What the engine's own methods do for the wire: numbered cards, one event for one request."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.wire.till import DAY, JANUARY, MONTH, Till

PI = "pi_fake_00001"


async def types(till: Till) -> list[str]:
    """Return the types of all events, oldest first."""
    page = await till.v1.events.list_async({"limit": 100})
    return [event.type for event in reversed(page.data)]


async def test_a_card_fails_at_the_charge_that_its_token_says(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    customer = await till.customer("pm_fake_fails_on_2", test_clock=clock)
    made = await till.subscribe(customer, price)
    assert made.status == "active"

    await till.advance(clock, JANUARY + MONTH + 1)
    assert (await till.v1.subscriptions.retrieve_async(made.id)).status == "past_due"
    await till.advance(clock, JANUARY + MONTH + 4 * DAY)

    assert (await till.v1.subscriptions.retrieve_async(made.id)).status == "active"


async def test_a_first_charge_that_is_to_fail_leaves_nothing_behind_where_it_must_not(
    till: Till,
) -> None:
    customer, price = await till.customer("pm_fake_fails_on_1"), await till.price()

    with pytest.raises(stripe.CardError) as refused:
        await till.subscribe(customer, price, payment_behavior="error_if_incomplete")
    assert refused.value.code == "card_declined"
    assert (await till.v1.subscriptions.list_async({"status": "all"})).data == []

    made = await till.subscribe(customer, price, payment_behavior="error_if_incomplete")
    assert made.status == "active"


@pytest.mark.parametrize("token", ["pm_fake_fails_on_0", "pm_fake_fails_on_x", "pm_fake_00001"])
async def test_what_only_looks_like_a_numbered_card_is_none(till: Till, token: str) -> None:
    customer = await till.customer(None)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await till.v1.payment_methods.attach_async(token, {"customer": customer})

    assert refused.value.code == "resource_missing"


async def test_payments_are_called_as_stripe_calls_them(till: Till) -> None:
    await till.subscribe(await till.customer(), await till.price())

    (intent,) = (await till.v1.payment_intents.list_async()).data

    assert intent.id == PI
    assert (await till.v1.payment_intents.retrieve_async(PI)).status == "succeeded"


async def test_one_request_that_changes_much_is_one_event_of_the_outcome(till: Till) -> None:
    customer = await till.customer()
    other = await till.v1.payment_methods.attach_async("pm_card_mastercard", {"customer": customer})
    before = await types(till)
    change: Any = {
        "name": "Ada",
        "email": "",
        "phone": "1",
        "metadata": {"app": "9"},
        "address": {"country": "DE"},
        "invoice_settings": {"default_payment_method": other.id},
    }

    changed = await till.v1.customers.update_async(customer, change)

    assert (changed.name, changed.email, changed.phone) == ("Ada", None, "1")
    assert (await types(till))[len(before) :] == ["customer.updated"]
    told: Any = (await till.v1.events.list_async({"limit": 1})).data[0].data.object
    assert (told["name"], told["phone"], told["metadata"]["app"]) == ("Ada", "1", "9")
    assert told["invoice_settings"]["default_payment_method"] == other.id


async def test_a_customer_that_lives_somewhere_from_the_start_is_one_event(till: Till) -> None:
    said: Any = {"address": {"country": "DE"}, "metadata": {"app": "9"}}
    made = await till.v1.customers.create_async(said)

    assert await types(till) == ["customer.created"]
    assert till.engine.customers.fetch(made.id).main.tax_location == "recognized"


async def test_one_change_of_a_subscription_is_one_event(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    made = await till.subscribe(customer, price)
    other = await till.v1.payment_methods.attach_async("pm_card_mastercard", {"customer": customer})
    before = await types(till)
    change: Any = {"metadata": {"app": "9"}, "default_payment_method": other.id}

    for _ in range(2):
        changed = await till.v1.subscriptions.update_async(made.id, change)

    assert (changed.default_payment_method, changed.metadata["app"]) == (other.id, "9")
    assert (await types(till))[len(before) :] == ["customer.subscription.updated"]


async def test_an_event_whose_webhook_is_lost_can_still_be_read(till: Till) -> None:
    asked: Any = {"url": "https://app.example/hooks", "enabled_events": ["*"]}
    await till.v1.webhook_endpoints.create_async(asked)
    till.engine.scenarios.lose_next_webhook()

    await till.customer(None)
    await till.server.deliver()

    assert till.inbox.types() == []
    assert await types(till) == ["customer.created"]


async def test_a_card_on_file_is_not_charged_and_nothing_failed(till: Till) -> None:
    customer, price = await till.customer("pm_card_chargeCustomerFail"), await till.price()

    await till.subscribe(customer, price, payment_behavior="default_incomplete")

    assert "invoice.payment_failed" not in await types(till)


async def test_an_invoice_is_paid_with_nobody_elses_card(till: Till) -> None:
    customer, price = await till.customer(None), await till.price()
    made = await till.subscribe(customer, price, payment_behavior="default_incomplete")
    stranger = await till.give(await till.customer(None), "pm_card_visa")

    with pytest.raises(stripe.InvalidRequestError):
        await till.v1.invoices.pay_async(str(made.latest_invoice), {"payment_method": stranger})

    assert (await till.v1.invoices.retrieve_async(str(made.latest_invoice))).status == "open"


async def test_a_draft_is_deleted_in_an_event_that_shows_it(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    made = await till.subscribe(await till.customer(test_clock=clock), price)
    pause: Any = {"pause_collection": {"behavior": "keep_as_draft"}}
    await till.v1.subscriptions.update_async(made.id, pause)
    await till.advance(clock, JANUARY + 32 * DAY)
    (draft,) = (await till.v1.invoices.list_async({"status": "draft"})).data

    await till.v1.invoices.delete_async(draft.id)

    (told,) = (await till.v1.events.list_async({"type": "invoice.deleted"})).data
    shown: Any = told.data.object
    assert (shown["id"], shown["status"]) == (draft.id, "draft")
