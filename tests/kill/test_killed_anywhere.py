"""Kill the process at every point of every mutating verb, and look at what is left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kill import trials
from tests.kill.ground import Ground, grounded
from tests.kill.scene import Zygote


@pytest.fixture
async def ground(
    prepared_database_url: str, tmp_path: Path, zygote: Zygote
) -> AsyncIterator[Ground]:
    async with grounded(prepared_database_url, tmp_path, zygote) as ground:
        yield ground


@pytest.mark.parametrize(
    ("database_kind", "scenario"),
    [
        *(("sqlite", verb) for verb in trials.VERBS),
        *(("postgres", verb) for verb in trials.ON_POSTGRES),
    ],
    indirect=["database_kind"],
)
async def test_a_verb_killed_anywhere_leaves_one_effect_or_none(
    ground: Ground, scenario: str
) -> None:
    await trials.leaves_one_effect_or_none(ground, scenario)


async def test_a_subscription_that_was_never_seen_to_begin_is_given_up(ground: Ground) -> None:
    await trials.is_given_up_if_it_was_never_seen_to_begin(ground)


async def test_recovery_killed_anywhere_is_recovered(ground: Ground) -> None:
    await trials.is_recovered_though_recovery_is_killed(ground)


async def test_dispatch_killed_anywhere_is_finished_by_the_next(ground: Ground) -> None:
    await trials.is_dispatched_by_the_next(ground)
