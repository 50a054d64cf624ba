"""Several processes at once: one remote effect each, and clear words for those who lose."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from accrue_core import Owner
from accrue_core.contracts.subscriptions import SubscriptionStatus
from tests.kill.ground import Ground, grounded

PROCESSES, CALLS = 4, 5


@pytest.fixture
async def ground(prepared_database_url: str, tmp_path: Path) -> AsyncIterator[Ground]:
    async with grounded(prepared_database_url, tmp_path) as ground:
        yield ground


async def crowd(ground: Ground, verb: str, owner: Owner, **job: Any) -> list[dict[str, str]]:
    """Let four processes make five calls each at the same moment; return all outcomes."""
    members = []
    for member in range(PROCESSES):
        given = {
            "database_url": ground.database_url,
            "socket": ground.socket_path,
            "verb": verb,
            "owner": owner.id,
            "member": member,
            "calls": CALLS,
            "operation_id": None,
            **job,
        }
        members.append(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.crowds.member", json.dumps(given)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        )
    for process in members:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    answers = await asyncio.gather(*(process.communicate(b"go\n") for process in members))
    assert [process.returncode for process in members] == [0] * PROCESSES
    return [outcome for out, _ in answers for outcome in json.loads(out)]


async def test_twenty_customers_at_once_are_one(ground: Ground) -> None:
    owner = Owner("team", "crowd")
    outcomes = await crowd(ground, "customer", owner)
    assert len({outcome["id"] for outcome in outcomes}) == 1
    assert (await ground.remote(owner))["customer"] == 1


async def test_twenty_clicks_under_one_operation_id_are_one_subscription(ground: Ground) -> None:
    owner = Owner("team", "clicks")
    outcomes = await crowd(ground, "subscribe", owner, operation_id="the-form")
    ids = {outcome["id"] for outcome in outcomes if "id" in outcome}
    errors = {outcome["error"] for outcome in outcomes if "error" in outcome}
    assert len(ids) == 1
    assert errors <= {"operation_in_progress"}
    assert await ground.remote(owner) == {
        "customer": 1,
        "payment_method": 0,
        "subscription": 1,
        "checkout_session": 0,
    }


async def test_twenty_operation_ids_of_a_new_owner_share_one_customer(ground: Ground) -> None:
    owner = Owner("team", "many")
    outcomes = await crowd(ground, "subscribe", owner)
    ids = [outcome["id"] for outcome in outcomes if "id" in outcome]
    errors = {outcome["error"] for outcome in outcomes if "error" in outcome}
    remote = await ground.remote(owner)
    assert remote["customer"] == 1
    assert 1 <= len(set(ids)) == len(ids) == remote["subscription"]
    assert errors <= {"operation_in_progress"}


async def test_of_different_cancels_at_once_the_others_get_a_clear_conflict(
    ground: Ground,
) -> None:
    owner = Owner("team", "two-minds")
    async with ground.restarted() as accrue:
        begun = await accrue.billing.subscribe(owner, "pro", payment_method="pm_card_visa")
        outcomes = await crowd(ground, "cancel", owner, subscription=begun.value.id)
        await ground.settle(accrue)
        done = {outcome["when"] for outcome in outcomes if "id" in outcome}
        errors = {outcome["error"] for outcome in outcomes if "error" in outcome}
        found = await accrue.billing.subscription(begun.value.id)
        assert done
        assert errors <= {"operation_in_progress", "illegal_transition"}
        assert found.is_ended if "now" in done else found.is_ending
        types = [entry.type for entry in (await accrue.billing.timeline_for(found.id)).items]
        assert types.count("subscription.ended") == ("now" in done)
        assert found.status != SubscriptionStatus.CANCELED or "now" in done
        assert (await accrue.billing.verify_ledger()).is_intact
