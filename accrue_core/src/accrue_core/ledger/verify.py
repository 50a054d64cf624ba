"""Walk every chain and name the first entry of each that is not as it was written.

Finds edits, insertions, deletions, reordering and cut-off tails, as long as the chain up to its
head was not rewritten as a whole: that is found by comparing heads kept outside the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from accrue_core.db.transaction import Reading
from accrue_core.ledger import queries
from accrue_core.ledger.chain import GENESIS, agrees, entry_hash, read
from accrue_core.ledger.models import ChainHead, LedgerEntry, UnreadableEntry

_BLOCK = 2_000
_MOST_BREAKS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first bad place of one chain. ``entry_id`` is ``None`` where an entry is missing."""

    chain: str
    sequence: int
    entry_id: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a walk over the whole ledger found."""

    entries: int
    chains: int
    breaks: tuple[Break, ...]

    @property
    def is_intact(self) -> bool:
        """Whether every chain is as it was written."""
        return not self.breaks


@dataclass(slots=True)
class _Walk:
    chain: str = ""
    sequence: int = 0
    hash: bytes = GENESIS
    at: datetime | None = None
    is_broken: bool = False
    entries: int = 0
    chains: int = 0
    breaks: list[Break] = field(default_factory=list)

    def start(self, chain: str) -> None:
        self.chain, self.sequence, self.hash, self.is_broken = chain, 0, GENESIS, False
        self.chains += 1

    def report(self, sequence: int, entry_id: str | None, reason: str) -> None:
        self.is_broken = True
        if len(self.breaks) < _MOST_BREAKS:
            self.breaks.append(
                Break(chain=self.chain, sequence=sequence, entry_id=entry_id, reason=reason)
            )

    def step(self, entry: LedgerEntry | UnreadableEntry) -> None:
        self.entries += 1
        if self.is_broken:
            return
        if isinstance(entry, UnreadableEntry):
            self.report(entry.sequence, None, "its columns cannot be read")
            return
        if entry.sequence != self.sequence + 1:
            self.report(self.sequence + 1, None, "an entry is missing here")
        elif entry_hash(self.hash, entry.body) != entry.hash:
            self.report(entry.sequence, entry.id, "its bytes do not match its hash")
        elif not _is_bound(entry):
            self.report(entry.sequence, entry.id, "its columns do not match its bytes")
        self.sequence, self.hash, self.at = entry.sequence, entry.hash, entry.at

    def finish(self, head: ChainHead | None) -> None:
        if self.is_broken:
            return
        if head is None:
            self.report(self.sequence, None, "the head of the chain is missing")
        elif head.sequence > self.sequence:
            self.report(self.sequence + 1, None, "the chain was cut off here")
        elif (head.sequence, head.hash, head.at) != (self.sequence, self.hash, self.at):
            self.report(self.sequence, None, "the head of the chain was changed")


async def verify(reading: Reading) -> Verification:
    """Verify the whole ledger in blocks, with constant memory."""
    walk = _Walk()
    async for block in queries.walk(reading, size=_BLOCK):
        finished = {entry.chain for entry in block} | {walk.chain}
        heads = await queries.heads_of(reading, sorted(finished))
        for entry in block:
            if entry.chain != walk.chain:
                if walk.chain:
                    walk.finish(heads.get(walk.chain))
                walk.start(entry.chain)
            walk.step(entry)
    if walk.chain:
        walk.finish((await queries.heads_of(reading, [walk.chain])).get(walk.chain))
    for head in await queries.emptied_heads(reading, limit=_MOST_BREAKS):
        walk.start(head.chain)
        walk.report(1, None, "the whole chain is missing")
    return Verification(entries=walk.entries, chains=walk.chains, breaks=tuple(walk.breaks))


def _is_bound(entry: LedgerEntry) -> bool:
    try:
        return agrees(entry, read(entry.body))
    except (ValueError, RecursionError):
        return False
