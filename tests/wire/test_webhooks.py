"""Webhooks: to whom, signed with what, how often, and what is kept of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import stripe

from tests.wire.till import JANUARY, MONTH, Till

HOOKS, OTHER = "https://app.example/hooks", "https://other.example/hooks"


async def endpoint(
    till: Till, url: str = HOOKS, *types: str, **more: str
) -> stripe.WebhookEndpoint:
    asked: Any = {"url": url, "enabled_events": list(types or ("*",)), **more}
    return await till.v1.webhook_endpoints.create_async(asked)


async def test_each_endpoint_gets_what_it_wants_signed_with_its_own_secret(till: Till) -> None:
    all_ = await endpoint(till)
    some = await endpoint(till, OTHER, "payment_method.attached", api_version="2025-01-27.acacia")
    await till.customer()

    await till.server.deliver()

    (attached,) = till.inbox.events(some.secret or "", OTHER)
    assert (attached.type, attached.api_version) == (
        "payment_method.attached",
        "2025-01-27.acacia",
    )
    types = [one.type for one in till.inbox.events(all_.secret or "", HOOKS)]
    assert types == ["customer.created", "payment_method.attached", "customer.updated"]
    with pytest.raises(stripe.SignatureVerificationError):
        till.inbox.events(all_.secret or "")


async def test_an_event_tells_the_request_and_the_key_that_caused_it(till: Till) -> None:
    await endpoint(till)
    made = await till.v1.customers.create_async({}, {"idempotency_key": "k9"})

    await till.server.deliver()

    (_, body, _), *_ = till.inbox.taken
    told = json.loads(body)["request"]
    assert told["idempotency_key"] == "k9"
    assert made.last_response is not None
    assert told["id"] == made.last_response.request_id


async def test_what_is_not_accepted_is_tried_again_and_given_up_at_last(till: Till) -> None:
    made = await endpoint(till)
    clock = await till.clock()
    till.inbox.is_down = True
    await till.customer(None)

    assert await till.server.deliver() == 2
    for _ in range(20):
        till.server.desk.advance_to(till.server.desk.now + timedelta(hours=12))
        await till.server.deliver()

    attempts = [one for one in till.server.account.attempts if one.type == "customer.created"]
    assert [one.attempt for one in attempts] == list(range(1, 11))
    assert {one.trouble for one in attempts} == {"ConnectionRefusedError"}
    assert till.server.account.deliveries == []
    assert clock
    assert made.secret
    failed = await till.v1.events.list_async({"type": "customer.*"})
    assert failed.data[0].pending_webhooks == 0


async def test_a_retry_is_signed_anew_and_has_the_same_event(till: Till) -> None:
    made = await endpoint(till)
    till.inbox.refuses = 1
    await till.customer(None)
    await till.server.deliver()
    (event,) = (await till.v1.events.list_async()).data
    assert (event.type, event.pending_webhooks) == ("customer.created", 1)

    till.server.desk.advance_to(till.server.desk.now + timedelta(minutes=5))
    await till.server.deliver()

    assert [one.id for one in till.inbox.events(made.secret or "")] == [event.id]


async def test_an_endpoint_that_is_off_or_gone_gets_nothing(till: Till) -> None:
    off, gone = await endpoint(till), await endpoint(till, OTHER)
    await till.customer(None)
    await till.v1.webhook_endpoints.update_async(off.id, {"disabled": True})
    await till.v1.webhook_endpoints.delete_async(gone.id)

    await till.server.deliver()

    assert till.inbox.taken == []
    with pytest.raises(stripe.InvalidRequestError):
        await till.v1.webhook_endpoints.retrieve_async(gone.id)


async def test_scenarios_lose_double_and_delay_webhooks_but_not_events(till: Till) -> None:
    await endpoint(till, HOOKS, "customer.created")
    scenarios = till.engine.scenarios
    scenarios.lose_next_webhook(type="customer.created")
    lost = await till.customer(None)
    scenarios.duplicate_next_webhook(type="customer.created")
    doubled = await till.customer(None)
    scenarios.delay_next_webhook(timedelta(hours=1), type="customer.created")
    late = await till.customer(None)

    def arrived() -> list[str]:
        return [json.loads(body)["data"]["object"]["id"] for _, body, _ in till.inbox.taken]

    await till.server.deliver()
    assert arrived() == [doubled, doubled]
    till.server.desk.advance_to(till.server.desk.now + timedelta(hours=2))
    await till.server.deliver()
    assert arrived() == [doubled, doubled, late]
    told = await till.v1.events.list_async({"type": "customer.created"})
    assert {one.data.object["id"] for one in told.data} == {lost, doubled, late}


async def test_a_secret_is_told_once_and_stays_out_of_the_log(till: Till) -> None:
    made = await endpoint(till)
    assert made.secret is not None

    found = await till.v1.webhook_endpoints.retrieve_async(made.id)
    listed = await till.raw("GET", "/v1/webhook_endpoints")

    assert "secret" not in found
    assert made.secret not in listed.text
    assert made.secret not in repr(till.server.account)


async def test_an_event_is_what_was_however_far_time_goes(till: Till) -> None:
    clock, price = await till.clock(), await till.price()
    customer = await till.customer(test_clock=clock)
    made = await till.subscribe(customer, price)

    await till.advance(clock, JANUARY + 3 * MONTH + 1)

    events = await till.v1.events.list_async(
        {"type": "customer.subscription.updated", "limit": 100}
    )
    ends = [one.data.object["items"]["data"][0]["current_period_end"] for one in events.data]
    assert ends == sorted(set(ends), reverse=True)
    assert len(ends) == 3
    assert all(one.data.object["id"] == made.id for one in events.data)
    again = await till.v1.events.retrieve_async(events.data[0].id)
    assert again.data.object["items"]["data"][0]["current_period_end"] == ends[0]
    before: Any = again.data.previous_attributes
    assert set(before.to_dict()) >= {"items", "latest_invoice"}


async def test_nothing_is_waited_for_once_its_endpoint_is_gone(till: Till) -> None:
    made = await endpoint(till)
    till.inbox.is_down = True
    await till.customer(None)
    await till.server.deliver()
    waits = till.server.courier.until_next()
    assert waits is not None
    assert 0 < waits <= 1

    await till.v1.webhook_endpoints.delete_async(made.id)

    assert till.server.courier.until_next() is None


async def test_an_endpoint_that_does_not_answer_holds_up_no_other(till: Till) -> None:
    await endpoint(till)
    await endpoint(till, OTHER)
    post, waiting = till.inbox.post, asyncio.Event()

    async def slow(url: str, headers: Mapping[str, str], body: bytes) -> int:
        if url == HOOKS:
            await waiting.wait()
        return await post(url, headers, body)

    till.server.courier.post = slow
    await till.customer(None)
    delivering = asyncio.create_task(till.server.deliver())
    while not till.inbox.taken:
        await asyncio.sleep(0)

    assert [url for url, _, _ in till.inbox.taken] == [OTHER]
    delivering.cancel()
    await asyncio.gather(delivering, return_exceptions=True)
    assert [owed.endpoint for owed in till.server.account.deliveries] == ["we_fake_00001"]
    waiting.set()
    await till.server.deliver()
    assert [url for url, _, _ in till.inbox.taken] == [OTHER, HOOKS]


async def test_an_endpoint_may_go_while_it_is_being_posted_to(till: Till) -> None:
    made = await endpoint(till)

    async def going(url: str, headers: Mapping[str, str], body: bytes) -> int:
        await till.v1.webhook_endpoints.delete_async(made.id)
        return 500

    till.server.courier.post = going
    await till.customer()

    assert await till.server.deliver() == 1
    assert await till.server.deliver() == 0
    assert till.server.account.deliveries == []
