"""What needs an operator's attention, worst first. Counting stops early: nothing is scanned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from accrue_core.billing.invoices import queries as invoices
from accrue_core.billing.subscriptions import queries as subscriptions
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.facade import Billing
from accrue_core.ledger import queries as ledger
from accrue_core.pages.words import clock
from accrue_core.webhooks import queries as webhooks

MOST = 1_000
"""How far anything is counted."""

_PATIENCE = timedelta(minutes=2)
"""How long work may wait, or a processor may take, before it is worth a word."""

_AT_A_GLANCE = (
    SubscriptionStatus.ACTIVE,
    SubscriptionStatus.TRIALING,
    SubscriptionStatus.PAST_DUE,
    SubscriptionStatus.UNPAID,
)
_READ_BACK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One kind of trouble: how much of it there is, what to do, and where to see it."""

    tone: str
    number: int
    title: str
    advice: str
    route: str
    query: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """How things stand."""

    concerns: tuple[Concern, ...]
    subscriptions: Mapping[SubscriptionStatus, int]


def counted(number: int) -> str:
    """Return a count as it is known.

    >>> counted(12), counted(1000), counted(1001)
    ('12', '1,000', 'more than 1,000')
    """
    return f"more than {MOST:,}" if number > MOST else f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """Return the noun that goes with a number.

    >>> plural(1, "webhook"), plural(2, "webhook"), plural(0, "delivery", "deliveries")
    ('webhook', 'webhooks', 'deliveries')
    """
    return one if number == 1 else many or f"{one}s"


async def survey(billing: Billing) -> Survey:
    """Look everywhere that trouble shows itself."""
    now = billing.runtime.world_clock.now()
    async with billing.reading() as reading:
        backlog = await webhooks.backlog(reading, up_to=MOST + 1)
        oldest = await webhooks.oldest_waiting(reading)
        by_status = await subscriptions.counts(reading, _AT_A_GLANCE, up_to=MOST + 1)
        failed = await invoices.count_failed(reading, among=MOST + 1)
        unreadable = await _unreadable(reading)
    found = [
        *_dead(backlog["dead"]),
        *await _unsettled(billing, now),
        *_unreadable_concerns(unreadable),
        *_owing(by_status),
        *_failed(failed),
        *_backlog(backlog["waiting"], oldest.received_at if oldest else now, now),
    ]
    found.sort(key=lambda concern: concern.tone != "bad")
    return Survey(concerns=tuple(found), subscriptions=by_status)


async def _unreadable(reading: Any) -> Mapping[str, int]:
    """Count the things whose newest status word nobody knows, among those last reported so."""
    found = {}
    for noun, by_ids in (("subscription", subscriptions.by_ids), ("invoice", invoices.by_ids)):
        entries = await ledger.listed(reading, type_=f"{noun}.unreadable", limit=_READ_BACK)
        rows: Mapping[str, Any] = await by_ids(reading, sorted({e.subject for e in entries}))
        found[noun] = sum(row.unreadable is not None for row in rows.values())
    return found


def _dead(number: int) -> list[Concern]:
    if not number:
        return []
    return [
        Concern(
            tone="bad",
            number=number,
            title=f"{plural(number, 'webhook was', 'webhooks were')} given up",
            advice="What they announced is not in our books. Mend the cause and replay them.",
            route="webhooks",
            query={"status": "dead"},
        )
    ]


def _backlog(number: int, since: datetime, now: datetime) -> list[Concern]:
    if not number or now - since < _PATIENCE:
        return []
    return [
        Concern(
            tone="notice",
            number=number,
            title=f"{plural(number, 'webhook waits', 'webhooks wait')}",
            advice=f"The oldest came on {clock(since)}. Does the job runner run?",
            route="webhooks",
            query={"status": "waiting"},
        )
    ]


def _owing(by_status: Mapping[SubscriptionStatus, int]) -> list[Concern]:
    advice = {
        SubscriptionStatus.PAST_DUE: "The processor goes on trying to collect. Access is closed.",
        SubscriptionStatus.UNPAID: "The processor has stopped trying. Access is closed.",
    }
    return [
        Concern(
            tone="notice" if status == SubscriptionStatus.PAST_DUE else "bad",
            number=by_status[status],
            title=f"{plural(by_status[status], 'subscription is', 'subscriptions are')} "
            f"{status.value.replace('_', ' ')}",
            advice=words,
            route="subscriptions",
            query={"status": status.value},
        )
        for status, words in advice.items()
        if by_status[status]
    ]


def _failed(number: int) -> list[Concern]:
    if not number:
        return []
    return [
        Concern(
            tone="notice",
            number=number,
            title=f"open {plural(number, 'invoice')} with failed payments",
            advice="Somebody's card was declined, or a bank wants to see its customer.",
            route="invoices",
            query={"status": "failed"},
        )
    ]


def _unreadable_concerns(numbers: Mapping[str, int]) -> list[Concern]:
    return [
        Concern(
            tone="bad",
            number=number,
            title=f"{plural(number, noun)} with a status that Accrue does not know",
            advice="They grant nothing until the processor says something that can be read.",
            route="ledger",
            query={"type": f"{noun}.unreadable"},
        )
        for noun, number in numbers.items()
        if number
    ]


async def _unsettled(billing: Billing, now: datetime) -> list[Concern]:
    """Operations in flight are no concern; those that have been for minutes are."""
    found = await billing.open_operations(limit=MOST + 1)
    stuck = sum(operation.status == "stuck" for operation in found)
    late = sum(
        operation.status != "stuck" and now - operation.started_at > _PATIENCE
        for operation in found
    )
    concerns = []
    if stuck:
        concerns.append(
            Concern(
                tone="bad",
                number=stuck,
                title=f"{plural(stuck, 'operation is', 'operations are')} stuck",
                advice="Nobody can find out what became of it. Look at the processor's own pages.",
                route="operations",
                query={"status": "stuck"},
            )
        )
    if late:
        concerns.append(
            Concern(
                tone="notice",
                number=late,
                title=f"{plural(late, 'operation has', 'operations have')} no known outcome",
                advice="They are looked up by themselves, or at once if you ask for it.",
                route="operations",
            )
        )
    return concerns
