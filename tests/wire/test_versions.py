"""Versions of the API: which there are, and how answers and events are told at each."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import stripe

from accrue_fake.wire.stripe.shapes.versions import RELEASES
from tests.wire.till import DAY, JANUARY, MONTH, Till

JUNE, ACACIA, BASIL, CLOVER, DAHLIA = (
    "2024-06-20", "2025-02-24.acacia", "2025-08-27.basil", "2026-02-25.clover", "2026-08-26.dahlia",
)  # fmt: skip
Json = dict[str, Any]


async def at(till: Till, version: str, path: str, **form: str) -> Json:
    answer = await asked(till, version, path, **form)
    assert answer.status_code == 200, answer.text
    assert answer.headers["stripe-version"] == version
    shown: Json = answer.json()
    return shown


async def asked(till: Till, version: str, path: str, **form: str) -> httpx.Response:
    headers = {"stripe-version": version}
    if form:
        return await till.raw("POST", path, headers=headers, data=form)
    return await till.raw("GET", path, headers=headers)


async def subscribed(till: Till, **params: Any) -> str:
    return (await till.subscribe(await till.customer(), await till.price(), **params)).id


@pytest.mark.parametrize(
    "version",
    [f"{day}.{name}".removesuffix(".") for name, days in RELEASES.items() for day in days],
)
async def test_a_version_that_there_is_is_told_back(till: Till, version: str) -> None:
    assert (await at(till, version, "/v1/balance"))["object"] == "balance"


@pytest.mark.parametrize(
    "version",
    ["2025-02-24", "2025-02-24.basil", "2025-2-24.acacia", "2030-01-01.endive", "", "x" * 80],
)
async def test_a_version_that_is_none_is_refused_as_stripe_does(till: Till, version: str) -> None:
    answer = await asked(till, version, "/v1/balance")

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error == {
        "type": "invalid_request_error",
        "message": f"Invalid Stripe API version: {version[:40]}",
    }
    assert answer.headers["stripe-version"] == stripe.api_version


@pytest.mark.parametrize(
    "version", ["2023-10-16", "2011-01-01", "2026-08-26.preview", f"{ACACIA}; some_beta=v1"]
)
async def test_a_version_that_is_not_played_is_refused_by_name(till: Till, version: str) -> None:
    answer = await asked(till, version, "/v1/balance")

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "not_played_by_the_fake"
    assert JUNE in answer.json()["error"]["message"]


async def test_an_endpoint_cannot_have_a_version_that_is_none(till: Till) -> None:
    for version, code in (("2025-02-30.acacia", None), ("2020-08-27", "not_played_by_the_fake")):
        asked_: Any = {"url": "https://a.example", "enabled_events": ["*"], "api_version": version}
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await till.v1.webhook_endpoints.create_async(asked_)
        assert (refused.value.code, refused.value.param) == (code, "api_version")


@pytest.mark.parametrize("version", [JUNE, ACACIA])
async def test_before_basil_a_subscription_has_the_period(till: Till, version: str) -> None:
    ref = await subscribed(till)

    before, after = [await at(till, one, f"/v1/subscriptions/{ref}") for one in (version, BASIL)]

    item = after["items"]["data"][0]
    assert before["current_period_end"] == item["current_period_end"]
    assert before["current_period_start"] == item["current_period_start"]
    assert "current_period_end" not in before["items"]["data"][0]
    assert "current_period_end" not in after
    assert "billing_mode" in after
    assert "billing_mode" not in before
    assert before["discount"] is None


@pytest.mark.parametrize("version", [JUNE, ACACIA])
async def test_before_basil_an_invoice_names_its_payment_and_its_subscription(
    till: Till, version: str
) -> None:
    ref = await subscribed(till)
    path = f"/v1/subscriptions/{ref}?expand[]=latest_invoice.payment_intent"

    invoice = (await at(till, version, path))["latest_invoice"]

    intent = invoice["payment_intent"]
    assert (intent["object"], intent["status"], intent["invoice"]) == (
        "payment_intent", "succeeded", invoice["id"],
    )  # fmt: skip
    assert (invoice["subscription"], invoice["paid"], invoice["charge"]) == (ref, True, None)
    assert (invoice["tax"], invoice["total_tax_amounts"]) == (None, [])
    assert "parent" not in invoice
    (line,) = invoice["lines"]["data"]
    assert (line["type"], line["proration"]) == ("subscription", False)
    assert line["price"]["id"] == line["plan"]["id"]
    assert line["price"]["object"] == "price"
    assert line["subscription_item"].startswith("si_")
    assert (await asked(till, version, path.replace("_intent", "s"))).status_code == 400
    assert (await asked(till, BASIL, path)).status_code == 400
    since = (await at(till, BASIL, path.replace("_intent", "s")))["latest_invoice"]
    assert since["payments"]["data"][0]["payment"]["payment_intent"] == intent["id"]
    assert since["parent"]["subscription_details"]["subscription"] == ref


async def test_before_basil_a_proration_is_a_line_of_another_type(till: Till) -> None:
    clock, cheap, dear = await till.clock(), await till.price(), await till.price(4900)
    ref = (await till.subscribe(await till.customer(test_clock=clock), cheap)).id
    await till.advance(clock, JANUARY + 10 * DAY)
    item = (await at(till, ACACIA, f"/v1/subscriptions/{ref}"))["items"]["data"][0]["id"]
    changed: Any = {
        "items": [{"id": item, "price": dear}],
        "proration_behavior": "always_invoice",
    }
    made = await till.v1.subscriptions.update_async(ref, changed)

    invoice = await at(till, ACACIA, f"/v1/invoices/{made.latest_invoice}")

    prorated = [line for line in invoice["lines"]["data"] if line["proration"]]
    assert {line["type"] for line in prorated} == {"invoiceitem"}
    assert {line["price"]["id"] for line in prorated} == {cheap, dear}
    assert all(line["invoice_item"].startswith("ii_") for line in prorated)


async def test_before_clover_a_discount_holds_its_coupon(till: Till) -> None:
    coupon: Any = {"percent_off": 50, "duration": "forever", "id": "half"}
    await till.v1.coupons.create_async(coupon)
    ref = await subscribed(till, discounts=[{"coupon": "half"}])
    path = f"/v1/subscriptions/{ref}?expand[]=discounts"

    old, basil, clover = [await at(till, one, path) for one in (ACACIA, BASIL, CLOVER)]

    assert old["discount"]["coupon"]["percent_off"] == 50.0
    assert old["discounts"] == [old["discount"]]
    assert basil["discounts"][0]["coupon"]["id"] == "half"
    assert "discount" not in basil
    assert clover["discounts"][0]["source"] == {"coupon": "half", "type": "coupon"}
    assert "coupon" not in clover["discounts"][0]
    invoice = await at(till, ACACIA, f"/v1/invoices/{old['latest_invoice']}")
    assert invoice["discount"]["coupon"]["id"] == "half"


async def test_before_basil_tax_is_one_amount_with_its_rates(till: Till) -> None:
    till.engine.tax.declare("DE", 1900)
    address = {"country": "DE", "postal_code": "10115"}
    customer = await till.customer(address=address)
    made = await till.subscribe(customer, await till.price(10_000), automatic_tax={"enabled": True})

    before, since = [
        await at(till, one, f"/v1/invoices/{made.latest_invoice}") for one in (ACACIA, BASIL)
    ]

    (rate,) = before["total_tax_amounts"]
    (tax,) = since["total_taxes"]
    assert before["tax"] == rate["amount"] == tax["amount"] > 0
    assert rate["tax_rate"] == tax["tax_rate_details"]["tax_rate"]
    assert rate["inclusive"] is False
    assert before["lines"]["data"][0]["tax_amounts"] == [rate]


async def test_before_dahlia_a_page_of_the_servers_was_called_hosted(till: Till) -> None:
    customer, price = await till.customer(), await till.price()
    asked_: Any = {
        "customer": customer,
        "mode": "subscription",
        "line_items": [{"price": price, "quantity": 1}],
        "success_url": "https://shop.example/thanks",
        "cancel_url": "https://shop.example/back",
    }
    session = await till.v1.checkout.sessions.create_async(asked_)

    modes = [
        (await at(till, one, f"/v1/checkout/sessions/{session.id}"))["ui_mode"]
        for one in (CLOVER, DAHLIA)
    ]

    assert modes == ["hosted", "hosted_page"]


async def test_lists_and_what_is_included_are_told_as_they_were(till: Till) -> None:
    customer = await till.customer()
    await till.subscribe(customer, await till.price())

    listed = await at(till, ACACIA, "/v1/subscriptions")
    whole = await at(till, ACACIA, f"/v1/customers/{customer}?expand[]=subscriptions")

    assert "current_period_end" in listed["data"][0]
    assert "current_period_end" in whole["subscriptions"]["data"][0]


async def test_an_answer_to_a_change_is_told_as_it_was_asked_for(till: Till) -> None:
    form = {"customer": await till.customer(), "items[0][price]": await till.price()}

    made = await at(till, JUNE, "/v1/subscriptions", **form)

    assert "current_period_end" in made
    assert "plan" in made["items"]["data"][0]


async def test_an_event_is_told_at_the_version_of_its_endpoint(till: Till) -> None:
    for version in (JUNE, ACACIA, BASIL, stripe.api_version):
        url = f"https://app.example/{version}"
        wanted: Any = {"url": url, "enabled_events": ["*"], "api_version": version}
        await till.v1.webhook_endpoints.create_async(wanted)
    clock = await till.clock()
    await till.subscribe(await till.customer(test_clock=clock), await till.price())
    await till.advance(clock, JANUARY + MONTH + DAY)

    await till.server.deliver()

    taken: dict[str, list[Json]] = {}
    for url, body, _ in till.inbox.taken:
        taken.setdefault(url.rpartition("/")[2], []).append(json.loads(body))
    for version, told in taken.items():
        assert {event["api_version"] for event in told} == {version}
    for version in (JUNE, ACACIA):
        renewed, paid = of(taken[version])
        assert (
            renewed["previous_attributes"]["current_period_end"]
            == (renewed["object"]["current_period_start"])
        )
        assert "items" not in renewed["previous_attributes"]
        assert (paid["object"]["paid"], paid["object"]["subscription"]) == (
            True, renewed["object"]["id"],
        )  # fmt: skip
    for version in (BASIL, stripe.api_version):
        renewed, paid = of(taken[version])
        assert "current_period_end" not in renewed["previous_attributes"]
        assert "items" in renewed["previous_attributes"]
        assert "paid" not in paid["object"]


def of(told: list[Json]) -> tuple[Json, Json]:
    """Return what a renewal and what its payment were told with."""
    renewed = [event["data"] for event in told if event["type"] == "customer.subscription.updated"]
    paid = [event["data"] for event in told if event["type"] == "invoice.paid"]
    return renewed[-1], paid[-1]


async def test_an_event_that_is_fetched_is_what_it_was_whoever_asks(till: Till) -> None:
    ref = await subscribed(till)
    listed = await at(till, ACACIA, "/v1/events?type=customer.subscription.created")

    (event,) = listed["data"]
    assert event["api_version"] == stripe.api_version
    assert (event["data"]["object"]["id"], "current_period_end" in event["data"]["object"]) == (
        ref, False,
    )  # fmt: skip


async def test_a_draft_had_no_payment_yet(till: Till) -> None:
    wanted: Any = {
        "url": "https://app.example/old", "enabled_events": ["invoice.created"],
        "api_version": ACACIA,
    }  # fmt: skip
    await till.v1.webhook_endpoints.create_async(wanted)
    await subscribed(till)

    await till.server.deliver()

    (created,) = [json.loads(body)["data"]["object"] for _, body, _ in till.inbox.taken]
    assert (created["status"], created["payment_intent"], created["paid"]) == ("draft", None, False)


@pytest.mark.parametrize(
    ("version", "code"),
    [(JUNE, "not_played_by_the_fake"), (stripe.api_version, "parameter_unknown")],
)
async def test_a_parameter_of_an_earlier_release_is_refused_as_not_played(
    till: Till, version: str, code: str
) -> None:
    form = {"customer": await till.customer(), "coupon": "half"}

    answer = await asked(till, version, "/v1/subscriptions", **form)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == (code, "coupon")
