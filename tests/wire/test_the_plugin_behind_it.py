"""Webhooks of the server are read by the Stripe plugin, and lead to what they are about."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx

from accrue_core.contracts.results import GoneSnapshot
from accrue_core.settings import Secret
from accrue_fake.fixtures import StripeLine
from accrue_stripe.processor import StripeProcessor
from accrue_stripe.settings import StripeSettings
from tests.wire.till import DAY, JANUARY, MONTH, Till


async def test_every_webhook_is_read_and_what_it_names_is_fetched(till: Till) -> None:
    endpoint = await till.v1.webhook_endpoints.create_async(
        {"url": "https://app.example/hooks", "enabled_events": ["*"]}
    )
    clock, price = await till.clock(), await till.price()
    dear = await till.price(4900)
    customer = await till.customer("pm_card_failsAtRenewal", test_clock=clock)
    made = await till.subscribe(customer, price, trial_period_days=3)
    await till.advance(clock, JANUARY + MONTH + 5 * DAY)
    await till.give(customer, "pm_card_visa")
    await till.advance(clock, JANUARY + MONTH + 20 * DAY)
    await till.v1.subscriptions.update_async(
        made.id,
        {
            "items": [{"id": made["items"].data[0].id, "price": dear}],
            "proration_behavior": "always_invoice",
        },
    )
    await till.v1.subscriptions.cancel_async(made.id)
    await till.v1.customers.delete_async(customer)
    await till.server.deliver()
    settings = StripeSettings(
        api_key=Secret("sk_test_plugin"), webhook_secrets=(Secret(endpoint.secret or ""),)
    )

    found: set[tuple[str, str]] = set()
    async with httpx.AsyncClient(transport=StripeLine(till.server)) as client:
        processor = StripeProcessor(settings, client)
        for _, body, headers in till.inbox.taken:
            event = processor.verify(body, headers, now=datetime.fromtimestamp(at(headers), UTC))
            if event.noun is None or event.object_ref is None:
                continue
            answer = await processor.fetch(event.noun, event.object_ref)
            assert answer.main.ref == event.object_ref
            is_gone = isinstance(answer.main, GoneSnapshot)
            found.add((event.noun, "gone" if is_gone else "there"))

    assert found >= {
        ("customer", "gone"),
        ("subscription", "there"),
        ("invoice", "there"),
        ("payment_method", "there"),
    }


def at(headers: object) -> int:
    """Return the moment that a signature names."""
    assert isinstance(headers, dict)
    return int(headers["stripe-signature"].partition(",")[0].removeprefix("t="))
