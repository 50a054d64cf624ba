"""Foreseeing: what Stripe tells of invoices, and the engine does not announce.

A payment that succeeds or fails is also told as a change of its invoice. A renewal is told some
days ahead, as the invoice that will come; nothing keeps that one, so it can only be read there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_fake.engine.engine import Engine
from accrue_fake.engine.records import SubscriptionRecord
from accrue_fake.wire.stripe.account import Account
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.shapes.previews import UPCOMING, upcoming_ref

AHEAD = timedelta(days=7)
"""How long before a renewal it is told. At Stripe an account chooses that."""

_RENEWS = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING})
_CHANGED = frozenset({"invoice.paid", "invoice.payment_failed"})


class Changes:
    """Tells a payment of an invoice also as a change of it, with what was different before.

    ``remember`` is called before anybody else hears of an event, and ``tell`` after everybody.
    """

    def __init__(self, engine: Engine, account: Account) -> None:
        self._engine = engine
        self._account = account
        self._before: dict[str, str | None] = {}

    def remember(self, type_: str, object_: str, ref: str) -> None:
        """Keep how an invoice was told until now."""
        if type_ in _CHANGED and self._engine.books.invoices[ref].snapshot.payments:
            self._before[ref] = self._account.last_told(object_, ref)

    def tell(self, type_: str, object_: str, ref: str) -> None:
        """Tell that it is otherwise now."""
        if type_ not in _CHANGED or ref not in self._before:
            return
        before = self._before.pop(ref)
        if before is not None:
            self._account.tell(object_, ref, before)
        self._engine.emitter.emit("invoice.updated", object_, ref)


def advance(desk: Desk, clock: str, target: datetime) -> None:
    """Let a clock's time pass, and tell on the way which renewals are near."""
    books = desk.engine.books
    record = books.clocks[clock]
    theirs = [one.subscriptions for one in books.customers.values() if one.clock == clock]
    while record.now < target:
        refs = (ref for subscriptions in theirs for ref in subscriptions)
        near = list(_near(desk.engine, refs, after=record.now))
        due = [one.moment for one in record.due[:1] if one.moment > record.now]
        moment = min([target, *due, *(at for at, _ in near)])
        desk.advance_to(moment, clock=clock)
        with books.time_of(clock):
            for at, ref in near:
                if at == moment and _will_renew(books.subscriptions[ref]):
                    desk.tell("invoice.upcoming", UPCOMING, upcoming_ref(ref))
        desk.tidy()


def _near(
    engine: Engine, refs: Iterator[str], *, after: datetime
) -> Iterator[tuple[datetime, str]]:
    """Yield when each renewal is to be told that is still ahead; short periods have no room."""
    for ref in refs:
        record = engine.books.subscriptions[ref]
        at = record.period_end - AHEAD
        if _will_renew(record) and at > max(after, record.period_start):
            yield at, ref


def _will_renew(record: SubscriptionRecord) -> bool:
    snapshot = record.snapshot
    return (
        snapshot.status in _RENEWS
        and snapshot.collection_paused is None
        and (snapshot.cancel_at is None or snapshot.cancel_at > record.period_end)
    )
