"""Append to the ledger, in the transaction that makes the fact true.

``append`` only buffers. Entries are numbered, dated and chained just before the commit, while
the heads of their chains are locked, which is the last lock a transaction takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accrue_core.db.transaction import Transaction
from accrue_core.ids import PREFIXES, to_text
from accrue_core.ledger import queries
from accrue_core.ledger.chain import canonical_bytes, entry_hash, moment_text
from accrue_core.ledger.events import LedgerEvent
from accrue_core.ledger.models import ChainHead, LedgerEntry
from accrue_core.outbox.enqueue import enqueue

PUBLISH = "ledger.publish"
_BUFFER = "ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An entry that waits for the commit."""

    event: LedgerEvent
    subject: str
    customer_id: str | None
    cause: str
    after: Mapping[str, Any]

    @property
    def chain(self) -> str:
        """The chain it belongs to: its customer's, or its own while there is none."""
        return self.customer_id or self.subject


def append(
    tx: Transaction,
    event: LedgerEvent,
    *,
    subject: str,
    customer_id: str | None,
    cause: str,
    after: Mapping[str, Any],
) -> None:
    """Record a fact about ``subject`` with the row's columns as they now are.

    ``after`` must hold nothing personal: whoever calls this leaves those columns out.
    """
    pending = Pending(
        event=event, subject=subject, customer_id=customer_id, cause=cause, after=after
    )
    tx.before_commit(_BUFFER, pending, _flush)


async def _flush(tx: Transaction) -> None:
    pending: Sequence[Pending] = tx.buffers[_BUFFER]
    chains = sorted({entry.chain for entry in pending})
    heads = await queries.lock_heads(tx, chains, tx.stamp.clock.now())
    now = tx.stamp.clock.now()
    written = []
    for item in pending:
        entry, heads[item.chain] = _chained(tx, item, heads[item.chain], now)
        written.append(entry)
    await queries.add(tx, written)
    await queries.move_heads(tx, [heads[chain] for chain in sorted({e.chain for e in written})])
    published = [
        entry.id
        for entry, item in zip(written, pending, strict=True)
        if not item.cause.startswith("import:")
    ]
    if published:
        await enqueue(tx, PUBLISH, {"entries": published})


def _chained(
    tx: Transaction, item: Pending, head: ChainHead, now: datetime
) -> tuple[LedgerEntry, ChainHead]:
    id_ = to_text(PREFIXES["ledger_entry"], tx.stamp.ids.new())
    at = max(now, head.at)
    content = {
        "id": id_,
        "chain": item.chain,
        "sequence": head.sequence + 1,
        "type": item.event.name,
        "subject": item.subject,
        "customer_id": item.customer_id,
        "at": moment_text(at),
        "actor": str(tx.stamp.actor),
        "cause": item.cause,
        "data": item.event.data(),
        "after": item.after,
    }
    body = canonical_bytes(content)
    entry = LedgerEntry(
        id=id_,
        chain=item.chain,
        sequence=head.sequence + 1,
        type=item.event.name,
        subject=item.subject,
        customer_id=item.customer_id,
        at=at,
        body=body,
        hash=entry_hash(head.hash, body),
    )
    return entry, ChainHead(chain=item.chain, sequence=entry.sequence, hash=entry.hash, at=at)
