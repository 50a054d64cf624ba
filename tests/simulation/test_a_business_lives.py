"""A business lives for a year or so, and everything that must hold holds every month."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from accrue_core.errors import ProcessorUnavailable
from accrue_core.operations.models import operations
from accrue_core.testing.simulation.queries import count
from accrue_core.testing.simulation.run import Report, simulate
from accrue_core.testing.simulation.world import Faults
from accrue_core.webhooks.models import deliveries
from tests.services.databases import Prepare, SqliteDatabases
from tests.services.lanes import on_postgres, on_sqlite
from tests.simulation.firm import MARKET, Firm, firm

BAD_LINE = Faults(lost=0.15, doubled=0.15, is_shuffled=True, unanswered=0.15, cut=0.05)
VERBS = {
    "add_item", "add_payment_method", "cancel", "keep", "pause", "preview_change",
    "resume", "subscribe", "swap_plan", "update_quantity",
}  # fmt: skip


async def lived(url: str, *, customers: int, months: int, seed: int = 3) -> Report:
    async with firm(url) as opened:
        return await simulate(
            opened.accrue, opened.engine, MARKET, customers=customers, months=months, seed=seed
        )


@on_sqlite
async def test_forty_customers_live_through_fourteen_months(prepared_database_url: str) -> None:
    report = await lived(prepared_database_url, customers=40, months=14)

    assert report.audits == 14
    assert set(report.verbs) >= VERBS
    assert {"active", "canceled"} <= set(report.statuses)
    assert report.money["usd"] > 0
    assert report.webhooks > sum(report.verbs.values())
    assert {"invoice.paid", "invoice.payment_failed", "subscription.ended"} <= set(report.entries)
    assert report.entries["subscription.status_changed"] > 0, "nobody rested"


@on_postgres
async def test_a_few_customers_live_on_postgresql(prepared_database_url: str) -> None:
    report = await lived(prepared_database_url, customers=10, months=5)

    assert report.audits == 5
    assert report.entries["invoice.paid"] > 10


@on_sqlite
async def test_the_same_seed_tells_the_same_story(
    prepared_database_url: str, tmp_path_factory: pytest.TempPathFactory,
    sqlite_databases: SqliteDatabases, prepare_database: Prepare,
) -> None:  # fmt: skip
    urls = [
        sqlite_databases.create_prepared(tmp_path_factory.mktemp("again"), prepare_database)
        for _ in range(2)
    ]

    first = await lived(prepared_database_url, customers=8, months=4, seed=1)
    again = await lived(urls[0], customers=8, months=4, seed=1)
    other = await lived(urls[1], customers=8, months=4, seed=2)

    assert first == again
    assert (first.digest, first.money) != (other.digest, other.money)


@pytest.mark.parametrize(
    ("database_kind", "customers", "months"),
    [("sqlite", 40, 14), ("postgres", 10, 5)],
    indirect=["database_kind"],
)
async def test_a_bad_line_changes_nothing_in_the_end(
    prepared_database_url: str, customers: int, months: int
) -> None:
    impatient = {"call_deadline": timedelta(seconds=1)}
    async with firm(prepared_database_url, **impatient) as opened:
        report = await simulate(
            opened.accrue, opened.engine, MARKET,
            customers=customers, months=months, seed=5, faults=BAD_LINE,
        )  # fmt: skip
        async with opened.accrue.billing.reading() as reading:
            received = await count(reading, deliveries)
            repeated = await reading.scalar(select(func.max(operations.c.attempts)))

    assert report.webhooks > received
    assert repeated > 1
    assert report.audits == months
    # Nobody was turned away by the line: everybody who came has a customer, and one only.
    assert report.customers == customers
    assert report.money["usd"] > 0


@on_sqlite
async def test_on_a_good_line_no_verb_may_fail(opened: Firm) -> None:
    opened.engine.scenarios.fail_next_call(call="subscriptions.create")

    with pytest.raises(ProcessorUnavailable):
        await simulate(opened.accrue, opened.engine, MARKET, customers=3, months=1)
