"""Several processors side by side: each keeps its own customers, the gate adds them up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from accrue_core import Catalog, Plan
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import InvalidRequest, UnknownChoice, UnknownPlan
from accrue_core.settings import Secret
from accrue_fake.processor import FakeProcessor
from tests.stage import OTHER_TEAM, TEAM, Stage, new_engine, post, staged

PLANS = Catalog(
    Plan(key="free", features={"notes"}, is_default=True),
    Plan(key="pro", features={"reports"}, prices={"north": "price_pro", "south": "price_pro"}),
    Plan(key="basic", features={"export"}, prices={"south": "price_basic"}),
)


@asynccontextmanager
async def two_processors(url: str, **settings: Any) -> AsyncIterator[tuple[Stage, FakeProcessor]]:
    north = FakeProcessor(new_engine(seed=1), name="north", webhook_secret=Secret("whsec_north"))
    south = FakeProcessor(new_engine(seed=2), name="south", webhook_secret=Secret("whsec_south"))
    async with staged(
        url, processor=north, others=[south], catalog=PLANS, settings=settings
    ) as stage:
        yield stage, south


async def owed_by(processor: FakeProcessor) -> list[tuple[bytes, Mapping[str, str]]]:
    """Return the webhooks that a processor is about to post: what is in them, and who signed."""
    assert processor.engine is not None
    return [(one.body, one.headers) for one in processor.engine.emitter.take()]


async def deliver(stage: Stage, processor: FakeProcessor) -> list[int]:
    door = f"/webhooks/{processor.name}"
    owed = await owed_by(processor)
    answers = [await post(stage.app, door, body, headers) for body, headers in owed]
    await stage.accrue.work.drain()
    return [status for status, _ in answers]


async def test_the_gate_adds_up_what_was_paid_anywhere(prepared_database_url: str) -> None:
    async with two_processors(prepared_database_url) as (stage, south):
        billing = stage.billing

        here = await billing.subscribe(
            TEAM, "pro", payment_method="pm_card_visa", processor="north"
        )
        there = await billing.subscribe(
            TEAM, "basic", payment_method="pm_card_visa", processor="south"
        )
        assert set(await deliver(stage, stage.processor)) == {200}
        assert set(await deliver(stage, south)) == {200}

        # Both engines count from one: the same refs, and still two customers and subscriptions.
        assert (here.value.ref, here.value.processor) == (there.value.ref, "north")
        assert here.value.customer_id != there.value.customer_id
        assert await billing.features_for(TEAM) == {"notes", "reports", "export"}
        assert len(await billing.payment_methods(TEAM)) == 2
        assert len((await billing.invoices(TEAM)).items) == 2

        await billing.cancel(here.value.id, when="now")
        assert await billing.features_for(TEAM) == {"notes", "export"}
        untouched = await billing.subscription(there.value.id)
        assert untouched.status == SubscriptionStatus.ACTIVE
        assert south.backend.calls["subscriptions.cancel"] == 0
        assert (await billing.verify_ledger()).is_intact


async def test_an_owner_with_one_customer_stays_with_its_processor(
    prepared_database_url: str,
) -> None:
    async with two_processors(prepared_database_url, processor="north") as (stage, _south):
        await stage.billing.customer(TEAM, processor="south")

        subscription = (
            await stage.billing.subscribe(TEAM, "basic", payment_method="pm_card_visa")
        ).value
        newcomer = await stage.billing.customer(OTHER_TEAM)

        assert subscription.processor == "south"
        assert newcomer.processor == "north"


async def test_the_setting_decides_when_an_owner_is_known_at_both(
    prepared_database_url: str,
) -> None:
    async with two_processors(prepared_database_url, processor="south") as (stage, _south):
        for name in ("north", "south"):
            await stage.billing.customer(TEAM, processor=name)

        outcome = await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")

        assert outcome.value.processor == "south"


async def test_nothing_is_guessed_when_nothing_decides(prepared_database_url: str) -> None:
    async with two_processors(prepared_database_url) as (stage, south):
        for call in (
            stage.billing.customer(TEAM),
            stage.billing.subscribe(TEAM, "pro"),
            stage.billing.add_payment_method(TEAM, "pm_card_visa"),
        ):
            with pytest.raises(InvalidRequest, match=r"north, south.*ACCRUE_PROCESSOR"):
                await call

        assert not stage.processor.backend.calls
        assert not south.backend.calls


async def test_a_plan_without_a_price_there_and_a_processor_that_is_not_there(
    prepared_database_url: str,
) -> None:
    async with two_processors(prepared_database_url) as (stage, _south):
        with pytest.raises(UnknownPlan, match="no price at north"):
            await stage.billing.subscribe(TEAM, "basic", processor="north")
        with pytest.raises(UnknownChoice, match="installed: north, south"):
            await stage.billing.subscribe(TEAM, "pro", processor="west")

        assert not stage.processor.backend.calls
        assert await stage.billing.find_customer(TEAM) is None


async def test_one_processors_signature_does_not_open_the_others_door(
    prepared_database_url: str,
) -> None:
    async with two_processors(prepared_database_url) as (stage, _south):
        await stage.billing.customer(TEAM, processor="north")
        [(body, headers)] = await owed_by(stage.processor)

        status, _ = await post(stage.app, "/webhooks/south", body, headers)

        assert status == 400
        assert (await stage.billing.webhook_deliveries()).items == ()
