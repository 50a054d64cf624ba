"""Rows that are jobs, and promises."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from accrue_core.db import leases
from accrue_core.db.database_clock import db_clock
from accrue_core.db.leases import JobStatus
from accrue_core.db.transaction import Transaction
from accrue_core.jobs.queries import Due, what_is_due
from accrue_core.outbox import queries as outbox
from accrue_core.outbox.enqueue import enqueue
from accrue_core.outbox.models import Job, handler_runs, jobs
from tests.services.lanes import on_postgres
from tests.spine.database import Spine

MINUTE = timedelta(minutes=1)
FIRST, SECOND, STALE = "t1", "t2", "old"
PAST = timedelta(seconds=-1)


async def promise(spine: Spine, *names: str, key: str | None = None) -> None:
    async with spine.transaction() as tx:
        for name in names:
            await enqueue(tx, name, {"of": name}, dedupe_key=key)
        assert tx.has_promised


async def claim(
    spine: Spine, token: str, *, limit: int = 100, lease: timedelta = MINUTE
) -> list[Job]:
    async with spine.transaction() as tx:
        return await outbox.claim(tx, token=token, limit=limit, lease=lease, max_attempts=12)


async def all_jobs(spine: Spine) -> list[Any]:
    async with spine.reading() as reading:
        return list(await reading.all(select(jobs).order_by(jobs.c.id)))


async def is_due(spine: Spine) -> bool:
    async with spine.reading() as reading:
        due = await what_is_due(reading, processors=["fake"], released_for=timedelta(days=1))
    return Due.JOBS in due


async def test_a_claim_takes_what_is_due_oldest_first_and_counts_as_an_attempt(
    spine: Spine,
) -> None:
    assert not await is_due(spine)
    await promise(spine, "a", "b", "c")
    async with spine.transaction() as tx:
        await tx.execute(
            update(jobs).where(jobs.c.name == "b").values(due_at=db_clock(-timedelta(hours=1)))
        )
        await tx.execute(
            update(jobs).where(jobs.c.name == "a").values(due_at=db_clock(timedelta(hours=1)))
        )
    assert await is_due(spine)
    claimed = await claim(spine, "t1")
    assert [(job.name, job.attempts, job.status) for job in claimed] == [
        ("b", 1, JobStatus.RUNNING),
        ("c", 1, JobStatus.RUNNING),
    ]
    assert claimed[0].payload == {"of": "b"}
    assert claimed[0].lease_token == FIRST
    assert not await is_due(spine)
    assert await claim(spine, "t2") == []


@pytest.mark.parametrize("limit", [1, 3])
async def test_a_claim_never_takes_more_than_its_limit(spine: Spine, limit: int) -> None:
    await promise(spine, *(f"job{number}" for number in range(40)))
    seen: list[str] = []
    for number in range(5):
        claimed = await claim(spine, f"t{number}", limit=limit)
        assert len(claimed) == limit
        seen += [job.id for job in claimed]
    assert len(set(seen)) == 5 * limit
    if not spine.is_sqlite:
        async with spine.transaction() as tx:
            await tx.connection.exec_driver_sql("ANALYZE accrue_jobs")
        assert len(await claim(spine, "analyzed", limit=limit)) == limit


@on_postgres
async def test_a_claim_keeps_its_limit_whatever_plan_the_database_chooses(spine: Spine) -> None:
    await promise(spine, *(f"job{number}" for number in range(20)))
    async with spine.transaction() as tx:
        for way in ("hashjoin", "mergejoin", "material", "hashagg", "sort", "indexscan"):
            await tx.connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        await tx.connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        assert len(await outbox.claim(tx, token=FIRST, limit=2, lease=MINUTE, max_attempts=12)) == 2


async def test_a_row_whose_lease_has_ended_may_be_taken_over(spine: Spine) -> None:
    await promise(spine, "a")
    [first] = await claim(spine, "t1", lease=PAST)
    assert await is_due(spine)
    [second] = await claim(spine, "t2")
    assert (second.id, second.attempts, second.lease_token) == (first.id, 2, "t2")


async def test_a_row_whose_process_ends_again_and_again_is_buried(spine: Spine) -> None:
    await promise(spine, "killer")
    for attempt in (1, 2, None, None):
        async with spine.transaction() as tx:
            claimed = await outbox.claim(tx, token=FIRST, limit=9, lease=PAST, max_attempts=2)
        assert [job.attempts for job in claimed] == ([attempt] if attempt else [])
    [row] = await all_jobs(spine)
    assert (row["status"], row["attempts"]) == (JobStatus.DEAD, 2)
    assert row["last_error"] == "its process ended, again and again"


async def test_many_workers_share_rows_without_doing_one_twice(spine: Spine) -> None:
    await promise(spine, *(f"job{number}" for number in range(100)))

    async def work(token: str) -> list[str]:
        mine: list[str] = []
        while claimed := await claim(spine, token, limit=3):
            mine += [job.id for job in claimed]
        return mine

    shares = await asyncio.gather(*(work(f"t{number}") for number in range(8)))
    done = [id_ for share in shares for id_ in share]
    assert len(done) == len(set(done)) == 100


@on_postgres
async def test_a_claim_passes_over_rows_that_somebody_else_has_locked(spine: Spine) -> None:
    await promise(spine, "a", "b")
    async with spine.transaction() as tx:
        locked = await tx.all(select(jobs.c.name).where(jobs.c.name == "a").with_for_update())
        assert [row["name"] for row in locked] == ["a"]
        async with asyncio.timeout(5):
            other = await asyncio.create_task(claim_elsewhere(spine))
    assert [job.name for job in other] == ["b"]
    assert [job.name for job in await claim(spine, "t3")] == ["a"]


async def claim_elsewhere(spine: Spine) -> list[Job]:
    async with spine.engines.writing.begin() as connection:
        tx = Transaction(connection, spine.stamp())
        return await outbox.claim(tx, token=SECOND, limit=10, lease=MINUTE, max_attempts=12)


async def test_finishing_needs_the_token_of_the_claim(spine: Spine) -> None:
    async with spine.transaction() as tx:
        await outbox.add_runs(tx, [("mailer", "aled_1"), ("mailer", "aled_1"), ("x", "aled_1")])
    async with spine.transaction() as tx:
        await outbox.add_runs(tx, [("mailer", "aled_1")])
        old = await outbox.claim_runs(
            tx, handlers=["mailer"], token=STALE, limit=9, lease=PAST, max_attempts=12
        )
        new = await outbox.claim_runs(
            tx, handlers=["mailer"], token=FIRST, limit=9, lease=MINUTE, max_attempts=12
        )
    assert [run.id for run in old] == [run.id for run in new]
    ids = [run.id for run in new]
    async with spine.transaction() as tx:
        assert await leases.finish(tx, handler_runs, ids, token=STALE) == []
        await leases.postpone(tx, handler_runs, ids[0], token=STALE, wait=None, error="late")
        assert await leases.finish(tx, handler_runs, [], token=FIRST) == []
        assert await leases.finish(tx, handler_runs, ids, token=FIRST) == ids
        assert await leases.finish(tx, handler_runs, ids, token=FIRST) == []
    async with spine.reading() as reading:
        runs = {run.handler: run for run in await outbox.runs_of(reading, "aled_1")}
    assert (runs["mailer"].status, runs["mailer"].lease_token) == (JobStatus.DONE, None)
    assert (runs["mailer"].attempts, runs["mailer"].last_error) == (2, None)
    assert runs["x"].status == JobStatus.WAITING


async def test_a_failure_waits_or_is_buried_and_says_why(spine: Spine) -> None:
    await promise(spine, "a", "b", "c")
    a, b, c = await claim(spine, "t1")
    async with spine.transaction() as tx:
        await outbox.postpone(tx, a.id, token=FIRST, wait=timedelta(0), error="e" * 900)
        await outbox.postpone(tx, b.id, token=FIRST, wait=timedelta(hours=1), error="later")
        await outbox.postpone(tx, c.id, token=FIRST, wait=None, error="hopeless")
    found = {row["name"]: row for row in await all_jobs(spine)}
    assert [found[name]["status"] for name in "abc"] == ["waiting", "waiting", "dead"]
    assert (found["a"]["last_error"], found["c"]["last_error"]) == ("e" * 500, "hopeless")
    assert found["b"]["lease_token"] is found["b"]["lease_until"] is None
    async with spine.reading() as reading:
        assert await outbox.count_dead(reading) == 1
    [again] = await claim(spine, "t2")
    assert (again.name, again.attempts) == ("a", 2)


async def test_revived_rows_start_anew_and_running_ones_are_left_alone(spine: Spine) -> None:
    await promise(spine, "a", "b")
    a, b = await claim(spine, "t1")
    async with spine.transaction() as tx:
        await outbox.postpone(tx, a.id, token=FIRST, wait=None, error="hopeless")
        assert await leases.revive(tx, jobs, []) == 0
        assert await leases.revive(tx, jobs, [a.id, b.id]) == 1
    [again] = await claim(spine, "t2")
    assert (again.id, again.attempts, again.last_error) == (a.id, 1, None)


async def test_one_promise_waits_per_key(spine: Spine) -> None:
    await promise(spine, "a", key="k")
    await promise(spine, "b", "c", key="k")
    await promise(spine, "d", key="other")
    await promise(spine, "e", "f")
    assert [row["name"] for row in await all_jobs(spine)] == ["a", "d", "e", "f"]


async def test_a_promise_made_while_its_like_is_running_is_kept(spine: Spine) -> None:
    await promise(spine, "a", key="k")
    [running] = await claim(spine, "t1")
    await promise(spine, "b", key="k")
    await promise(spine, "c", key="k")
    async with spine.transaction() as tx:
        await outbox.discard(tx, [running.id], token=STALE)
        await outbox.discard(tx, [running.id], token=FIRST)
    assert [(row["name"], row["status"]) for row in await all_jobs(spine)] == [("b", "waiting")]


async def test_promises_made_at_once_under_one_key_are_one(spine: Spine) -> None:
    await asyncio.gather(*(promise(spine, f"job{number}", key="k") for number in range(20)))
    assert len(await all_jobs(spine)) == 1


async def test_a_promise_goes_with_its_transaction(spine: Spine) -> None:
    with pytest.raises(KeyError):
        await spine.fail(lambda tx: enqueue(tx, "a", {}))
    assert await all_jobs(spine) == []


async def test_the_database_refuses_a_status_that_is_not_on_the_list(spine: Spine) -> None:
    await promise(spine, "a")
    with pytest.raises(IntegrityError):
        async with spine.transaction() as tx:
            await tx.connection.exec_driver_sql("UPDATE accrue_jobs SET status = 'lost'")
