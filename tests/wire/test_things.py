"""Every noun once, through the official SDK: made, read, changed, listed, found."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.wire.till import DAY, JANUARY, Till


async def test_a_customer_is_described_changed_cleared_and_deleted(till: Till) -> None:
    made = await till.v1.customers.create_async(
        {
            "name": "A",
            "email": "a@person.example",
            "phone": "1",
            "address": {"city": "Berlin", "country": "DE"},
            "metadata": {"x": "1", "y": "2"},
            "preferred_locales": ["de"],
        }
    )
    changed = await till.v1.customers.update_async(
        made.id, {"name": "", "phone": "2", "metadata": {"x": "", "z": "3"}}
    )
    assert (changed.name, changed.email, changed.phone) == (None, "a@person.example", "2")
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"y": "2", "z": "3"}
    assert changed.address is not None
    assert changed.address.city == "Berlin"

    gone = await till.v1.customers.delete_async(made.id)
    assert gone.deleted is True
    told = await till.v1.events.list_async({"type": "customer.deleted"})
    assert told.data[0].data.object["email"] == "a@person.example"
    assert (await till.v1.customers.retrieve_async(made.id)).deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        await till.v1.customers.update_async(made.id, {"name": "B"})


async def test_a_change_that_changes_nothing_is_no_event(till: Till) -> None:
    ref = await till.customer(None)
    before = len((await till.v1.events.list_async()).data)

    await till.v1.customers.update_async(ref, {"email": "payer@person.example"})

    assert len((await till.v1.events.list_async()).data) == before


async def test_lists_go_page_by_page_in_both_directions(till: Till) -> None:
    refs = [await till.customer(None) for _ in range(23)]
    newest_first = refs[::-1]

    page = await till.v1.customers.list_async()
    assert ([one.id for one in page.data], page.has_more) == (newest_first[:10], True)
    found = [one.id async for one in page.auto_paging_iter()]
    assert found == newest_first
    back = await till.v1.customers.list_async({"ending_before": newest_first[12], "limit": 5})
    assert ([one.id for one in back.data], back.has_more) == (newest_first[7:12], True)
    top = await till.v1.customers.list_async({"ending_before": newest_first[3]})
    assert ([one.id for one in top.data], top.has_more) == (newest_first[:3], False)


async def test_a_page_costs_what_is_on_it(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(60):
        await till.customer(None)
    rendered: list[str] = []
    of = till.server.desk.shown.of

    def counted(kind: str, ref: str) -> dict[str, Any]:
        rendered.append(ref)
        return of(kind, ref)

    monkeypatch.setattr(till.server.desk.shown, "of", counted)
    await till.v1.customers.list_async({"limit": 5})

    assert len(rendered) == 5


async def test_customers_are_found_by_what_is_known_of_them(till: Till) -> None:
    mine = await till.customer(None, email="mine@person.example", metadata={"team": "4'2"})
    await till.customer(None, email="other@person.example")
    search = till.v1.customers.search_async

    for query in (
        'email:"mine@person.example"',
        "email~'mine'",
        "metadata['team']:\"4'2\"",
        '-email:"other@person.example" AND created>0',
        'email:"nobody" OR metadata["team"]:"4\'2"',
    ):
        assert [one.id for one in (await search({"query": query})).data] == [mine], query
    for query in ("nonsense", "colour:'red'", "email:'a' AND", "email:'a' AND x:'b' OR c:'d'"):
        with pytest.raises(stripe.InvalidRequestError):
            await search({"query": query})


async def test_search_goes_page_by_page(till: Till) -> None:
    refs = [await till.customer(None) for _ in range(7)]

    page = await till.v1.customers.search_async({"query": "created>0", "limit": 3})

    assert [one.id async for one in page.auto_paging_iter()] == refs[::-1]


async def test_payment_methods_are_made_attached_listed_and_detached(till: Till) -> None:
    customer = await till.customer(None)
    methods = till.v1.payment_methods
    made = await methods.create_async({"type": "card", "card": {"token": "tok_mastercard"}})
    assert (made.customer, made.card and made.card.brand) == (None, "mastercard")

    kept = await methods.attach_async(made.id, {"customer": customer})
    assert (kept.id, kept.customer) == (made.id, customer)
    updated = await methods.update_async(made.id, {"billing_details": {"name": "A"}})
    assert updated.billing_details.name == "A"
    listed = await methods.list_async({"customer": customer, "type": "card"})
    own = await till.v1.customers.payment_methods.list_async(customer)
    assert [one.id for one in listed.data] == [one.id for one in own.data] == [made.id]
    default: Any = {"invoice_settings": {"default_payment_method": made.id}}
    await till.v1.customers.update_async(customer, default)

    loose = await methods.detach_async(made.id)
    assert loose.customer is None
    found = await till.v1.customers.retrieve_async(customer)
    assert found.invoice_settings is not None
    assert found.invoice_settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError, match="detached"):
        await methods.attach_async(made.id, {"customer": customer})


async def test_a_real_number_is_not_taken(till: Till) -> None:
    with pytest.raises(stripe.CardError) as refused:
        await till.v1.payment_methods.create_async(
            {"type": "card", "card": {"number": "4111111111111111", "exp_month": 1, "exp_year": 40}}
        )

    assert refused.value.code == "incorrect_number"


async def test_a_price_belongs_to_a_product_and_never_changes_what_it_costs(till: Till) -> None:
    product = await till.v1.products.create_async(
        {
            "id": "prod_mine",
            "name": "Mine",
            "default_price_data": {
                "currency": "eur",
                "unit_amount": 500,
                "recurring": {"interval": "year"},
            },
        }
    )
    price = await till.v1.prices.retrieve_async(str(product.default_price), {"expand": ["product"]})
    assert isinstance(price.product, stripe.Product)
    assert (price.product.id, price.unit_amount, price.currency) == ("prod_mine", 500, "eur")
    named = await till.v1.prices.update_async(price.id, {"nickname": "n", "lookup_key": "key"})
    assert named.nickname == "n"
    found = await till.v1.prices.list_async({"lookup_keys": ["key"]})
    assert [one.id for one in found.data] == [price.id]
    cheaper: Any = {"unit_amount": 1}
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        await till.v1.prices.update_async(price.id, cheaper)
    assert unknown.value.code == "parameter_unknown"
    with pytest.raises(stripe.InvalidRequestError):
        await till.v1.products.delete_async("prod_mine")
    assert [one.id for one in (await till.v1.products.list_async()).data] == ["prod_mine"]


async def test_a_price_that_is_off_cannot_be_subscribed_to(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    await till.v1.prices.update_async(price, {"active": False})

    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        await till.subscribe(customer, price)


async def test_a_lookup_key_is_shared_by_nobody_and_can_be_taken_over(till: Till) -> None:
    first = await till.price(lookup_key="pro")
    with pytest.raises(stripe.InvalidRequestError):
        await till.price(lookup_key="pro")

    second = await till.price(lookup_key="pro", transfer_lookup_key=True)

    found = await till.v1.prices.list_async({"lookup_keys": ["pro"]})
    assert [one.id for one in found.data] == [second]
    assert (await till.v1.prices.retrieve_async(first)).lookup_key is None


async def test_subscriptions_are_listed_by_what_is_asked(till: Till) -> None:
    first, second, price = await till.customer(), await till.customer(), await till.price()
    ended = await till.subscribe(first, price)
    await till.v1.subscriptions.cancel_async(ended.id)
    mine = await till.subscribe(first, price)
    other = await till.subscribe(second, price, trial_period_days=3)

    async def listed(**asked: Any) -> list[str]:
        wanted: Any = asked
        page = await till.v1.subscriptions.list_async(wanted)
        return [one.id for one in page.data]

    assert await listed() == [other.id, mine.id]
    assert await listed(customer=first) == [mine.id]
    assert await listed(customer=first, status="all") == [mine.id, ended.id]
    assert await listed(status="canceled") == [ended.id]
    assert await listed(status="trialing", price=price) == [other.id]
    assert await listed(created={"gt": JANUARY * 2}) == []
    found = await till.v1.subscriptions.search_async({"query": "status:'trialing'"})
    assert [one.id for one in found.data] == [other.id]


async def test_invoices_tell_their_lines_and_payments(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    made = await till.subscribe(customer, price)
    ref = str(made.latest_invoice)

    plain = await till.v1.invoices.retrieve_async(ref)
    assert "payments" not in plain
    whole = await till.v1.invoices.retrieve_async(
        ref,
        {
            "expand": [
                "payments.data.payment.payment_intent",
                "customer",
                "parent.subscription_details.subscription",
            ]
        },
    )
    assert whole.payments is not None
    (payment,) = whole.payments.data
    intent = payment.payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert (intent.status, intent.amount) == ("succeeded", 1900)
    by_intent = await till.v1.invoice_payments.list_async(
        {"payment": {"type": "payment_intent", "payment_intent": intent.id}}
    )
    assert [one.invoice for one in by_intent.data] == [ref]
    lines = await till.v1.invoices.line_items.list_async(ref)
    assert [line.amount for line in lines.data] == [1900]
    found = await till.v1.invoices.search_async({"query": f"subscription:'{made.id}'"})
    assert [one.id for one in found.data] == [ref]
    listed = await till.v1.invoices.list_async({"customer": customer, "status": "paid"})
    assert [one.id for one in listed.data] == [ref]


async def test_open_invoices_are_given_up_voided_or_paid_with_other_money(till: Till) -> None:
    customer, price = await till.customer(None), await till.price()
    await till.v1.customers.update_async(customer, {"email": "a@person.example"})
    refs = []
    for _ in range(3):
        made = await till.subscribe(
            customer, price, collection_method="send_invoice", days_until_due=7
        )
        refs.append(str(made.latest_invoice))
    given_up, void, paid = refs
    invoices = till.v1.invoices

    assert (await invoices.mark_uncollectible_async(given_up)).status == "uncollectible"
    assert (await invoices.void_invoice_async(void)).status == "void"
    done = await invoices.pay_async(paid, {"paid_out_of_band": True})
    assert (done.status, done.amount_remaining) == ("paid", 0)
    with pytest.raises(stripe.InvalidRequestError):
        await invoices.void_invoice_async(paid)
    with pytest.raises(stripe.InvalidRequestError) as again:
        await invoices.pay_async(paid)
    assert again.value.code == "invoice_already_paid"


async def test_a_draft_of_a_pause_is_finalized_or_deleted_by_hand(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    customer = await till.customer(test_clock=clock)
    made = await till.subscribe(customer, price)
    pause: Any = {"pause_collection": {"behavior": "keep_as_draft"}}
    await till.v1.subscriptions.update_async(made.id, pause)
    await till.advance(clock, JANUARY + 32 * DAY)
    await till.advance(clock, JANUARY + 65 * DAY)
    second, first = (await till.v1.invoices.list_async({"status": "draft"})).data

    assert (await till.v1.invoices.finalize_invoice_async(first.id)).status == "open"
    assert (await till.v1.invoices.delete_async(second.id)).deleted is True
    assert (await till.v1.invoices.pay_async(first.id)).status == "paid"


async def test_a_setup_intent_keeps_a_card(till: Till) -> None:
    customer = await till.customer(None)
    intents = till.v1.setup_intents
    made = await intents.create_async({"customer": customer, "metadata": {"x": "1"}})
    assert made.status == "requires_payment_method"

    with pytest.raises(stripe.CardError):
        await intents.confirm_async(made.id, {"payment_method": "pm_card_chargeDeclined"})
    done = await intents.confirm_async(made.id, {"payment_method": "pm_card_visa"})

    assert done.status == "succeeded"
    listed = await till.v1.payment_methods.list_async({"customer": customer})
    assert [one.id for one in listed.data] == [done.payment_method]
    other = await intents.create_async({})
    assert (await intents.cancel_async(other.id)).status == "canceled"
    kept = await intents.list_async({"customer": customer})
    assert [one.id for one in kept.data] == [made.id]


async def test_a_checkout_becomes_a_subscription_on_its_page(till: Till) -> None:
    customer, price = await till.customer(None), await till.price()
    sessions = till.v1.checkout.sessions
    made = await sessions.create_async(
        {
            "mode": "subscription",
            "customer": customer,
            "line_items": [{"price": price, "quantity": 2}],
            "success_url": "https://shop.example/thanks?of={CHECKOUT_SESSION_ID}",
            "subscription_data": {"metadata": {"app": "9"}, "trial_period_days": 7},
            "client_reference_id": "order-1",
            "metadata": {"cart": "1"},
        }
    )
    assert (made.status, made.client_reference_id) == ("open", "order-1")
    assert made.metadata is not None
    assert made.metadata.to_dict() == {"cart": "1"}
    token = str(made.url).rpartition("/")[2]
    till.engine.checkout.pay(token, "pm_card_visa")

    done = await sessions.retrieve_async(made.id, {"expand": ["subscription", "line_items"]})
    assert isinstance(done.subscription, stripe.Subscription)
    assert (done.status, done.subscription.status) == ("complete", "trialing")
    assert done.subscription.metadata.to_dict() == {"app": "9"}
    lines = await sessions.line_items.list_async(made.id)
    assert [line.quantity for line in lines.data] == [2]
    with pytest.raises(stripe.InvalidRequestError):
        await sessions.expire_async(made.id)


async def test_a_checkout_that_nobody_pays_is_expired_by_hand(till: Till) -> None:
    price = await till.price()
    made = await till.v1.checkout.sessions.create_async(
        {
            "mode": "subscription",
            "customer_email": "new@person.example",
            "line_items": [{"price": price, "quantity": 1}],
            "success_url": "https://shop.example/thanks",
        }
    )

    gone = await till.v1.checkout.sessions.expire_async(made.id)

    assert (gone.status, gone.url) == ("expired", None)
    listed = await till.v1.checkout.sessions.list_async({"status": "expired"})
    assert [one.id for one in listed.data] == [made.id]


async def test_the_portal_opens_for_a_customer_also_on_one_thing(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    made = await till.subscribe(customer, price)
    sessions = till.v1.billing_portal.sessions

    plain = await sessions.create_async(
        {"customer": customer, "return_url": "https://shop.example/"}
    )
    flow = await sessions.create_async(
        {
            "customer": customer,
            "flow_data": {
                "type": "subscription_cancel",
                "subscription_cancel": {"subscription": made.id},
            },
        }
    )

    assert till.engine.portal.page(plain.url.rpartition("/")[2]).is_open
    assert flow.flow is not None
    assert flow.flow.type == "subscription_cancel"


async def test_time_only_moves_forward_and_a_deleted_clock_takes_its_customers(till: Till) -> None:
    clock = await till.clock()
    inside, outside = await till.customer(test_clock=clock), await till.customer()
    clocks = till.v1.test_helpers.test_clocks
    for moment in (JANUARY, JANUARY - DAY, JANUARY + 5000 * DAY):
        with pytest.raises(stripe.InvalidRequestError):
            await clocks.advance_async(clock, {"frozen_time": moment})

    assert [one.id for one in (await clocks.list_async()).data] == [clock]
    listed = await till.v1.customers.list_async({"test_clock": clock})
    assert [one.id for one in listed.data] == [inside]
    assert (await clocks.delete_async(clock)).deleted is True

    assert "deleted" in await till.v1.customers.retrieve_async(inside)
    assert "deleted" not in await till.v1.customers.retrieve_async(outside)
