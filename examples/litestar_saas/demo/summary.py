"""What there is once the year has been played: counted from the tables, which are public."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from accrue_core import Billing
from accrue_core.billing.customers.models import customers
from accrue_core.billing.invoices.models import invoices
from accrue_core.billing.subscriptions.lifecycle import ENTITLING
from accrue_core.billing.subscriptions.models import subscriptions
from accrue_core.ledger.verify import Verification
from accrue_core.webhooks import queries as deliveries


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A few numbers, and whether the evidence behind them holds."""

    customers: int
    live: int
    ended: int
    invoices: int
    undelivered: int
    ledger: Verification


async def summed_up(billing: Billing) -> Summary:
    """Count, and verify the ledger."""
    subscribed = func.count(subscriptions.c.id)
    async with billing.reading() as reading:
        by_status = await reading.all(
            select(subscriptions.c.status, subscribed.label("number")).group_by(
                subscriptions.c.status
            )
        )
        counted = {row["status"]: row["number"] for row in by_status}
        live = sum(number for status, number in counted.items() if status in ENTITLING)
        return Summary(
            customers=await reading.scalar(select(func.count(customers.c.id))),
            live=live,
            ended=sum(counted.values()) - live,
            invoices=await reading.scalar(select(func.count(invoices.c.id))),
            undelivered=sum((await deliveries.counts(reading)).values()),
            ledger=await billing.verify_ledger(),
        )
