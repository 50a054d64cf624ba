"""A desk on both databases, empty or with a history that has seen everything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from accrue_core.actors import Actor
from tests.admin.desk import Desk, Team, opened


@pytest.fixture
async def desk(prepared_database_url: str) -> AsyncIterator[Desk]:
    """Open an empty desk."""
    async with opened(prepared_database_url) as desk:
        yield desk


@pytest.fixture
async def busy(desk: Desk) -> Desk:
    """Give customers in every situation that a page has words for."""
    await desk.subscribed()
    failing = await desk.subscribed(
        Team("43", "Harbor Lights", "office@harbor.example"),
        payment_method="pm_card_failsAtRenewal",
    )
    ended = await desk.subscribed(Team("44", "Quill & Sons"), "basic", quantity=3)
    await desk.billing.acting_as(Actor("user", "u44")).cancel(ended, when="now")
    ending = await desk.subscribed(Team("45", "Ondine Swim School"), trial=timedelta(days=90))
    await desk.billing.cancel(ending)
    wholesale = Team("46", "Acme Wholesale", "bills@acme.example")
    await desk.billing.subscribe(wholesale, "pro", collect="invoice", days_until_due=60)
    await desk.advance(days=33)
    unreadable = await desk.subscribed(Team("47", "Kestrel Analytics"))
    ref = (await desk.billing.subscription(unreadable)).ref
    desk.engine.scenarios.speak_unknown_status(ref, word="hibernating", times=5)
    desk.engine.emitter.emit("customer.subscription.updated", "subscription", ref)
    await desk.settle()
    paused = await desk.subscribed(Team("48", "Mill Lane Choir"))
    await desk.billing.pause(paused, invoices="void")
    assert (await desk.billing.subscription(failing)).status == "past_due"
    return desk
