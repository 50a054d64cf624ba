"""A subscription's life, through the official SDK."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.wire.till import DAY, JANUARY, MONTH, Till


async def endpoint(till: Till, *types: str) -> str:
    """Register an endpoint and return its secret."""
    asked: Any = {"url": "https://app.example/hooks", "enabled_events": list(types or ("*",))}
    made = await till.v1.webhook_endpoints.create_async(asked)
    assert made.secret is not None
    return made.secret


async def test_a_trial_becomes_three_renewals_on_a_test_clock(till: Till) -> None:
    secret = await endpoint(till)
    clock = await till.clock()
    customer, price = await till.customer(test_clock=clock), await till.price()

    made = await till.subscribe(customer, price, trial_period_days=14, metadata={"app": "9"})
    assert (made.status, made.test_clock, made.metadata["app"]) == ("trialing", clock, "9")
    totals = []
    for number in range(3):
        await till.advance(clock, JANUARY + 14 * DAY + number * MONTH + 1)
        found = await till.v1.subscriptions.retrieve_async(made.id, {"expand": ["latest_invoice"]})
        invoice = found.latest_invoice
        assert isinstance(invoice, stripe.Invoice)
        totals.append((found.status, invoice.status, invoice.total))

    assert totals == [("active", "paid", 1900)] * 3
    await till.server.deliver()
    events = till.inbox.events(secret)
    assert [one.type for one in events if one.type == "invoice.paid"] == ["invoice.paid"] * 4
    assert [
        one.data.object["status"] for one in events if one.type == "customer.subscription.created"
    ] == ["trialing"]
    drawn = [one.data.object["status"] for one in events if one.type == "invoice.created"]
    assert drawn == ["draft"] * 4
    assert {one.api_version for one in events} == {stripe.api_version}


async def test_a_declined_renewal_is_past_due_until_it_is_paid_with_another_card(
    till: Till,
) -> None:
    clock, price = await till.clock(), await till.price()
    customer = await till.customer("pm_card_failsAtRenewal", test_clock=clock)
    made = await till.subscribe(customer, price)
    assert made.status == "active"

    await till.advance(clock, JANUARY + MONTH + 1)
    found = await till.v1.subscriptions.retrieve_async(made.id)
    assert found.status == "past_due"
    owed = str(found.latest_invoice)
    with pytest.raises(stripe.CardError) as refused:
        await till.v1.invoices.pay_async(owed)
    assert refused.value.code == "card_declined"
    body: Any = refused.value.json_body
    assert body["error"]["payment_intent"]["status"] == "requires_payment_method"

    await till.give(customer, "pm_card_visa")
    paid = await till.v1.invoices.pay_async(owed)
    assert paid.status == "paid"
    assert (await till.v1.subscriptions.retrieve_async(made.id)).status == "active"


async def test_a_retry_collects_with_the_card_that_there_is_by_then(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    customer = await till.customer("pm_card_failsAtRenewal", test_clock=clock)
    made = await till.subscribe(customer, price)
    await till.advance(clock, JANUARY + MONTH + 1)
    await till.give(customer, "pm_card_visa")

    await till.advance(clock, JANUARY + MONTH + 4 * DAY)

    assert (await till.v1.subscriptions.retrieve_async(made.id)).status == "active"


async def test_another_plan_is_prorated_to_the_second(till: Till) -> None:
    clock = await till.clock()
    customer, cheap = await till.customer(test_clock=clock), await till.price(1900)
    dear = await till.price(4900)
    made = await till.subscribe(customer, cheap)
    item = made["items"].data[0].id
    halfway = JANUARY + MONTH // 2
    await till.advance(clock, halfway)

    change: Any = {"items": [{"id": item, "price": dear}], "proration_behavior": "always_invoice"}
    preview_of: Any = {
        "subscription": made.id,
        "subscription_details": {**change, "proration_date": halfway},
    }
    preview = await till.v1.invoices.create_preview_async(preview_of)
    asked: Any = {**change, "proration_date": halfway, "expand": ["latest_invoice"]}
    changed = await till.v1.subscriptions.update_async(made.id, asked)

    invoice = changed.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert preview.total == invoice.total == (4900 - 1900) // 2
    assert [line.amount for line in invoice.lines.data] == [-950, 2450]
    assert changed["items"].data[0].price.id == dear


async def test_it_ends_with_its_period_and_says_so(till: Till) -> None:
    secret = await endpoint(till, "customer.subscription.updated", "customer.subscription.deleted")
    clock, price = await till.clock(), await till.price()
    customer = await till.customer(test_clock=clock)
    made = await till.subscribe(customer, price)

    ending = await till.v1.subscriptions.update_async(made.id, {"cancel_at_period_end": True})
    assert ending.cancel_at == made["items"].data[0].current_period_end
    kept = await till.v1.subscriptions.update_async(made.id, {"cancel_at_period_end": False})
    assert (kept.cancel_at, kept.canceled_at) == (None, None)
    await till.v1.subscriptions.update_async(made.id, {"cancel_at_period_end": True})
    await till.advance(clock, JANUARY + MONTH + 1)

    assert (await till.v1.subscriptions.retrieve_async(made.id)).status == "canceled"
    await till.server.deliver()
    first, *_, last = till.inbox.events(secret)
    before: Any = first.data.previous_attributes
    assert before["cancel_at_period_end"] is False
    assert last.type == "customer.subscription.deleted"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await till.v1.subscriptions.cancel_async(made.id)
    assert refused.value.code == "resource_missing"


async def test_a_first_payment_waits_for_whoever_confirms_it(till: Till) -> None:
    customer, price = await till.customer(None), await till.price()
    made = await till.subscribe(
        customer,
        price,
        payment_behavior="default_incomplete",
        expand=["latest_invoice.confirmation_secret", "latest_invoice.payments"],
    )
    invoice = made.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (made.status, invoice.status, invoice.attempt_count) == ("incomplete", "open", 0)
    secret = invoice.confirmation_secret
    assert secret is not None
    intent = secret.client_secret.partition("_secret_")[0]

    with pytest.raises(stripe.CardError):
        await till.v1.payment_intents.confirm_async(
            intent, {"payment_method": "pm_card_chargeDeclined"}
        )
    paid = await till.v1.payment_intents.confirm_async(intent, {"payment_method": "pm_card_visa"})

    assert paid.status == "succeeded"
    assert (await till.v1.subscriptions.retrieve_async(made.id)).status == "active"


async def test_a_card_on_file_is_not_charged_while_somebody_is_to_confirm(till: Till) -> None:
    customer, price = await till.customer(), await till.price()

    made = await till.subscribe(customer, price, payment_behavior="default_incomplete")

    assert made.status == "incomplete"
    assert till.engine.scenarios.is_quiet


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_authenticationRequired", "subscription_payment_intent_requires_action"),
    ],
)
async def test_nothing_is_left_of_a_start_that_may_not_be_incomplete(
    till: Till, card: str, code: str
) -> None:
    customer, price = await till.customer(card), await till.price()

    with pytest.raises(stripe.CardError) as refused:
        await till.subscribe(customer, price, payment_behavior="error_if_incomplete")

    assert (refused.value.code, refused.value.http_status) == (code, 402)
    assert (await till.v1.subscriptions.list_async({"status": "all"})).data == []


async def test_collection_pauses_and_goes_on(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    customer = await till.customer(test_clock=clock)
    made = await till.subscribe(customer, price)

    paused = await till.v1.subscriptions.update_async(
        made.id, {"pause_collection": {"behavior": "void"}}
    )
    assert paused.pause_collection is not None
    await till.advance(clock, JANUARY + MONTH + 1)
    newest = await till.v1.invoices.list_async({"subscription": made.id, "limit": 1})
    assert newest.data[0].status == "void"
    resumed = await till.v1.subscriptions.update_async(made.id, {"pause_collection": ""})

    assert (resumed.pause_collection, resumed.status) == (None, "active")


async def test_a_whole_subscription_pauses_and_goes_on(till: Till) -> None:
    secret = await endpoint(till)
    clock, price = await till.clock(), await till.price()
    customer = await till.customer(test_clock=clock)
    made = await till.subscribe(customer, price, trial_period_days=1)
    await till.advance(clock, JANUARY + 11 * DAY)

    paused = await till.v1.subscriptions.pause_async(made.id)
    assert (paused.status, paused.pause_collection) == ("paused", None)
    assert paused.status_details is not None
    assert paused.status_details.paused.subscription.type == "pause_requested"
    assert paused.status_details.paused.transitioned_at == JANUARY + 11 * DAY
    assert paused["items"].data[0].current_period_end == JANUARY + 11 * DAY
    await till.advance(clock, JANUARY + 3 * MONTH)
    assert len((await till.v1.invoices.list_async({"subscription": made.id})).data) == 2

    resumed = await till.v1.subscriptions.resume_async(
        made.id, {"billing_cycle_anchor": {"type": "now"}, "expand": ["latest_invoice"]}
    )
    assert (resumed.status, resumed.status_details) == ("active", None)
    invoice = resumed.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert [line.amount for line in invoice.lines.data] == [-round(1900 * 21 / 31), 1900]
    assert invoice.amount_paid == 1900 - round(1900 * 21 / 31)
    await till.server.deliver()
    told = [one for one in till.inbox.events(secret) if one.type == "customer.subscription.paused"]
    assert [one.data.object["status_details"]["paused"]["type"] for one in told] == ["subscription"]


async def test_a_pause_may_credit_nothing(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    made = await till.subscribe(customer, price)

    given_up: Any = {"bill_for": {"unused_time_from": {"type": "none"}}}
    await till.v1.subscriptions.pause_async(made.id, given_up)
    resumed = await till.v1.subscriptions.resume_async(made.id, {"expand": ["latest_invoice"]})

    invoice = resumed.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert [line.amount for line in invoice.lines.data] == [1900]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"billing_cycle_anchor": {"type": "unchanged"}}, "not_played_by_the_fake"),
        ({"billing_cycle_anchor": {"type": "later"}}, None),
        ({"payment_behavior": "allow_incomplete"}, None),
        ({"proration_behavior": "sometimes"}, None),
        ({"resumes_at": JANUARY}, "parameter_unknown"),
    ],
)
async def test_another_way_to_resume_is_refused_aloud(
    till: Till, asked: Any, code: str | None
) -> None:
    made = await till.subscribe(await till.customer(), await till.price())
    await till.v1.subscriptions.pause_async(made.id)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await till.v1.subscriptions.resume_async(made.id, asked)

    assert refused.value.code == code
    assert (await till.v1.subscriptions.retrieve_async(made.id)).status == "paused"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"invoicing_behavior": "invoice"}, "not_played_by_the_fake"),
        (
            {"bill_for": {"unused_time_from": {"type": "item_current_period_start"}}},
            "not_played_by_the_fake",
        ),
        ({"type": "collection"}, None),
        ({"resumes_at": JANUARY + MONTH}, "parameter_unknown"),
    ],
)
async def test_another_pause_is_refused_aloud(till: Till, asked: Any, code: str | None) -> None:
    made = await till.subscribe(await till.customer(), await till.price())

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await till.v1.subscriptions.pause_async(made.id, asked)

    assert refused.value.code == code
    assert (await till.v1.subscriptions.retrieve_async(made.id)).status == "active"


async def test_what_stripe_does_not_pause_is_not_paused(till: Till) -> None:
    customer, price = await till.customer(email="a@example.com"), await till.price()
    trial = await till.subscribe(customer, price, trial_period_days=3)
    sent = await till.subscribe(customer, price, collection_method="send_invoice", days_until_due=3)
    rests = await till.subscribe(customer, price)
    await till.v1.subscriptions.pause_async(rests.id)

    for ref in (trial.id, sent.id, rests.id, "sub_none"):
        with pytest.raises(stripe.InvalidRequestError):
            await till.v1.subscriptions.pause_async(ref)


async def test_items_are_added_changed_and_taken_off(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    seat = await till.price(500)
    made = await till.subscribe(customer, price)

    added = await till.v1.subscription_items.create_async(
        {
            "subscription": made.id,
            "price": seat,
            "quantity": 3,
            "metadata": {"floor": "2"},
            "proration_behavior": "none",
        }
    )
    assert (added.quantity, added.metadata["floor"]) == (3, "2")
    fewer = await till.v1.subscription_items.update_async(
        added.id, {"quantity": 2, "proration_behavior": "none"}
    )
    assert fewer.quantity == 2
    await till.v1.subscription_items.delete_async(added.id, {"proration_behavior": "none"})

    left = await till.v1.subscription_items.list_async({"subscription": made.id})
    assert [one.price.id for one in left.data] == [price]
    with pytest.raises(stripe.InvalidRequestError):
        await till.v1.subscription_items.retrieve_async(added.id)
