"""What was true at a moment, as a host asks for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accrue_core.app import MIRRORS
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.errors import InvalidRequest, NotFound
from accrue_core.ledger.chain import canonical_bytes, read
from accrue_core.mirror.thing import after_image
from accrue_core.owners import Owner
from tests.stage import Stage


def plain(row: Subscription) -> Any:
    """Return a subscription's columns as the ledger writes them."""
    return read(canonical_bytes(after_image(MIRRORS.noun("subscription"), row)))


async def test_a_host_asks_by_our_id(stage: Stage) -> None:
    owner = Owner("team", "42")
    outcome = await stage.billing.subscribe(owner, "pro", payment_method="pm_card_visa")
    before = stage.accrue.runtime.clock.now()
    stage.engine.advance(timedelta(days=2))
    kept = await stage.billing.cancel(outcome.value.id)

    was = await stage.billing.state_as_of(outcome.value.id, before)
    now = await stage.billing.state_as_of(outcome.value.id, before + timedelta(days=9))
    assert was is not None
    assert now is not None
    assert was.columns["cancel_at_period_end"] is False
    assert now.columns == plain(kept)
    assert await stage.billing.state_as_of(outcome.value.id, before - timedelta(days=1)) is None


async def test_only_things_of_ours_and_moments_with_a_timezone_can_be_asked_for(
    stage: Stage,
) -> None:
    now = stage.accrue.runtime.clock.now()
    for stranger in ("sub_1", "", 7):
        with pytest.raises(NotFound):
            await stage.billing.state_as_of(stranger, now)  # type: ignore[arg-type]
    known = "asub_" + "0" * 26
    assert await stage.billing.state_as_of(known, now) is None
    for wrong in (now.replace(tzinfo=None), "2026-01-01", None):
        with pytest.raises(InvalidRequest):
            await stage.billing.state_as_of(known, wrong)  # type: ignore[arg-type]
