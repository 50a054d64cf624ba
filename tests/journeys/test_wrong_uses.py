"""Wrong uses: a typed error that says what to do, before anything is asked or written."""

from __future__ import annotations

import pytest

from accrue_core.errors import AccrueError, NotFound
from tests.faults.evidence import asked, counted
from tests.journeys.misuses import CAUGHT_TOO_LATE, OTHERS, SUBSCRIBE, UNKNOWN_ID, Call
from tests.stage import TEAM, Stage


async def refused(stage: Stage, call: Call, error: type[AccrueError], says: str) -> None:
    """Make the call on a fresh owner, and once more with a subscription there."""
    await refused_once(stage, call, UNKNOWN_ID, error, says, may_be_missing=True)
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
    await stage.settle()
    await refused_once(stage, call, outcome.value.id, error, says)


async def refused_once(
    stage: Stage,
    call: Call,
    subscription: str,
    error: type[AccrueError],
    says: str,
    *,
    may_be_missing: bool = False,
) -> None:
    rows, calls = await counted(stage), asked(stage)
    with pytest.raises(AccrueError) as raised:
        await call(stage.billing, subscription)
    is_missing = may_be_missing and isinstance(raised.value, NotFound)
    if not is_missing:
        assert isinstance(raised.value, error), repr(raised.value)
        raised.match(says)
    assert await counted(stage) == rows
    assert asked(stage) == calls


@pytest.mark.parametrize("use", list(SUBSCRIBE))
async def test_a_wrong_subscription_is_refused_before_anything_happens(
    stage: Stage, use: str
) -> None:
    await refused(stage, *SUBSCRIBE[use])


@pytest.mark.parametrize("use", list(OTHERS))
async def test_a_wrong_call_is_refused_before_anything_happens(stage: Stage, use: str) -> None:
    await refused(stage, *OTHERS[use])


@pytest.mark.parametrize("use", list(CAUGHT_TOO_LATE))
async def test_what_can_be_seen_at_once_is_refused_at_once(stage: Stage, use: str) -> None:
    await refused(stage, *CAUGHT_TOO_LATE[use])


async def test_every_wrong_use_has_a_code_and_is_not_worth_repeating(stage: Stage) -> None:
    for call, error, _ in (*SUBSCRIBE.values(), *OTHERS.values()):
        with pytest.raises(AccrueError) as raised:
            await call(stage.billing, UNKNOWN_ID)
        assert not raised.value.retryable
        assert raised.value.code
        assert error.code
