"""What must hold whenever nothing is under way, held against the engine's books in bulk.

A rule returns what breaks it, in words with refs, and nothing personal. Monthly audits look at the
mirror of what has changed since the one before and at the new entries of the ledger; a full one
looks at everything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from accrue_core.app import Accrue
from accrue_core.billing.entitlements.resolve import resolve
from accrue_core.billing.subscriptions.lifecycle import ENTITLING
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.db import rows
from accrue_core.db.transaction import Reading
from accrue_core.ledger.chain import GENESIS, agrees, entry_hash, read
from accrue_core.mirror.absorb import with_children
from accrue_core.mirror.nouns import Mirror
from accrue_core.owners import Owner
from accrue_core.testing.simulation import queries
from accrue_core.testing.simulation.chance import Chance
from accrue_core.testing.simulation.world import Engine, Record

CHUNK = 400
"""How many things are read in one statement."""

SAMPLE = 10
"""How many owners are asked about at the public gate in one audit."""


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing that is not as it must be, and the rule that says so."""

    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}"


@dataclass(slots=True)
class _Memory:
    """What earlier audits saw: evidence that is kept outside of the database."""

    snapshots: dict[tuple[str, str], Any] = field(default_factory=dict)
    heads: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    last_entry: str | None = None
    paid: list[tuple[str, int, str]] = field(default_factory=list)
    refs: dict[str, str] = field(default_factory=dict)


class Auditor:
    """Holds one Accrue against the engine behind it."""

    def __init__(self, accrue: Accrue, engine: Engine, processor: str, chance: Chance) -> None:
        self._accrue, self._engine = accrue, engine
        self._processor, self._chance = processor, chance
        self._memory = _Memory()
        self.audits = 0

    async def audit(self, *, is_full: bool = False) -> list[Broken]:
        """Return everything that is broken, by rule."""
        self.audits += 1
        if is_full:
            self._memory.snapshots.clear()
        rules: dict[str, Callable[[Reading], Awaitable[list[str]]]] = {
            "undone": queries.left_undone,
            "ledger": self._ledger,
            "money": self._money,
            "lines": self._lines,
            "access": self._access,
            "gate": self._gate,
            "mirror": self._mirror,
        }
        found = []
        async with self._accrue.billing.reading() as reading:
            for name, rule in rules.items():
                found += [Broken(name, what) for what in await rule(reading)]
        if is_full:
            walked = await self._accrue.billing.verify_ledger()
            found += [Broken("ledger", f"{b.entry_id}: {b.reason}") for b in walked.breaks]
        return found

    async def _money(self, reading: Reading) -> list[str]:
        """Hold what came in against paid invoices, and those against the ledger, one by one."""
        came_in = {
            ref: (record.snapshot.amount_paid.minor, record.snapshot.currency)
            for ref, record in self._engine.books.invoices.items()
            if record.snapshot.status == InvoiceStatus.PAID
        }
        mirrored = await queries.paid_invoices(reading, self._processor)
        memory = self._memory
        new = {subject for subject, _, _ in memory.paid} - set(memory.refs)
        for chunk in _chunks(sorted(new)):
            memory.refs |= await queries.refs_of_invoices(reading, chunk)
        told = [(memory.refs.get(subject), amount) for subject, *amount in memory.paid]
        recorded = {ref: tuple(amount) for ref, amount in told}
        twice = len(memory.paid) - len({subject for subject, _, _ in memory.paid})
        return [
            *_different(came_in, mirrored, "came in", "its row"),
            *_different(mirrored, recorded, "its row", "the ledger"),
            *([f"{twice} invoices are paid twice, says the ledger"] if twice else []),
        ]

    async def _lines(self, reading: Reading) -> list[str]:
        """Every amount of an invoice is explained by its lines and payments."""
        odd = await queries.odd_invoices(reading)
        bare = await queries.unexplained_lines(reading)
        return [
            *(f"the amounts of {ref} do not explain each other" for ref in odd),
            *(f"line {ref} has no price, no period or another currency" for ref in bare),
        ]

    async def _access(self, reading: Reading) -> list[str]:
        """Nothing is granted that is neither paid for, nor comped, nor on trial."""
        unpaid = await queries.unpaid_access(reading, self._engine.clock.now())
        return [f"{ref} grants something that nobody pays for" for ref in unpaid]

    async def _gate(self, reading: Reading) -> list[str]:
        """What owners may use is what the engine's own books say; some are asked at the gate."""
        owed = self._owed()
        catalog, now = self._accrue.billing.catalog, self._engine.clock.now()
        held = await queries.held_by_owner(reading)
        resolved = {
            owner: resolve(catalog, held.get(owner, ()), now).paid_plans for owner in {*owed, *held}
        }
        found = _different(owed, resolved, "the engine", "its rows")
        for owner in self._sample(sorted(resolved, key=str)):
            said = (await self._accrue.billing.explain_access(owner)).paid_plans
            found += _different({owner: owed.get(owner)}, {owner: said}, "the engine", "the gate")
        return found

    def _owed(self) -> dict[Owner, frozenset[str]]:
        """Return the plans that every owner has, going by the engine's books alone."""
        books, catalog, now = self._engine.books, self._accrue.billing.catalog, self._engine.clock
        owners = {ref: record.snapshot.owner for ref, record in books.customers.items()}
        owed = {owner: frozenset[str]() for owner in owners.values() if owner is not None}
        for record in books.subscriptions.values():
            it, owner = record.snapshot, owners[record.snapshot.customer]
            is_over = it.cancel_at is not None and it.cancel_at <= now.now()
            is_paused = it.collection_paused is not None
            if owner in owed and it.status in ENTITLING and not is_over and not is_paused:
                plans = (catalog.plan_of(self._processor, item.price) for item in it.items)
                owed[owner] |= {plan.key for plan in plans if plan is not None}
        return owed

    def _sample(self, owners: list[Owner]) -> list[Owner]:
        return self._chance.shuffled(owners)[:SAMPLE]

    async def _mirror(self, reading: Reading) -> list[str]:
        """Every row is what its reducer makes of the engine's snapshot, and there are no others."""
        found = []
        for noun, shelf in self._shelves().items():
            mirror = self._accrue.runtime.mirrors.noun(noun)
            number = await queries.count(reading, mirror.table)
            if number != len(shelf):
                found.append(f"{number} rows for {len(shelf)} of noun {noun}")
            changed = [ref for ref, record in shelf.items() if self._is_news(noun, ref, record)]
            for chunk in _chunks(changed):
                found += await self._compared(reading, mirror, shelf, chunk)
        return found

    def _shelves(self) -> Mapping[str, Mapping[str, Record]]:
        books = self._engine.books
        return {
            "customer": books.customers,
            "payment_method": books.cards,
            "subscription": books.subscriptions,
            "invoice": books.invoices,
        }

    def _is_news(self, noun: str, ref: str, record: Record) -> bool:
        """Whether a snapshot is another one than at the audit before; they are frozen."""
        snapshot = record.snapshot
        if self._memory.snapshots.get((noun, ref)) is snapshot:
            return False
        self._memory.snapshots[(noun, ref)] = snapshot
        return True

    async def _compared(
        self, reading: Reading, mirror: Mirror, shelf: Mapping[str, Record], refs: list[str]
    ) -> list[str]:
        pairs = {(self._processor, ref) for ref in refs}
        loaded = await with_children(
            reading, mirror, await rows.by_ref(reading, mirror.table, pairs)
        )
        held = {row.ref: row for row in loaded}
        found = []
        for ref in refs:
            wrong = _differences(mirror, held.get(ref), shelf[ref].snapshot)
            if wrong:
                found.append(f"{mirror.noun} {ref}: {', '.join(wrong)}")
        return found

    async def _ledger(self, reading: Reading) -> list[str]:
        """New entries follow the ones that earlier audits saw, and the heads point at the last."""
        memory, found = self._memory, []
        for entry in await queries.entries_after(reading, memory.last_entry):
            sequence, before = memory.heads.get(entry.chain, (0, GENESIS))
            follows = entry.sequence == sequence + 1
            if not follows or entry_hash(before, entry.body) != entry.hash:
                found.append(f"{entry.id} does not follow the entry before it")
            elif not agrees(entry, content := read(entry.body)):
                found.append(f"{entry.id} has columns that do not match its bytes")
            elif entry.type == "invoice.paid":
                said = content["data"]
                memory.paid.append((entry.subject, said["amount_paid"], said["currency"]))
            memory.heads[entry.chain] = (entry.sequence, entry.hash)
            memory.last_entry = max(memory.last_entry or "", entry.id)
        heads = {
            head.chain: (head.sequence, head.hash) for head in await queries.all_heads(reading)
        }
        return [*found, *(f"chain {c}" for c in heads if heads[c] != memory.heads.get(c))]


def _different(
    left: Mapping[Any, Any], right: Mapping[Any, Any], name: str, other: str
) -> list[str]:
    keys = [key for key in {*left, *right} if left.get(key) != right.get(key)]
    return [
        f"{key}: {name} {left.get(key)}, {other} {right.get(key)}" for key in sorted(keys, key=str)
    ]


def _differences(mirror: Mirror, row: Any, snapshot: Any) -> list[str]:
    """Return the columns that the reducer would change, and parents that are not linked."""
    if row is None:
        return ["missing"]
    said = mirror.reduce(row, snapshot)
    wrong = [name for name, value in said.columns.items() if getattr(row, name) != value]
    for attribute, children in said.children.items():
        names = list(children[0]) if children else ["ref"]
        kept = [{name: getattr(c, name) for name in names} for c in getattr(row, attribute)]
        if kept != [dict(child) for child in children]:
            wrong.append(attribute)
    wrong += [
        parent.id_column
        for parent, _ in mirror.parent_refs(snapshot)
        if getattr(row, parent.id_column) is None
    ]
    if row.unreadable is not None or row.gone_at is not None:
        wrong.append("unreadable or gone")
    return wrong


def _chunks(refs: Iterable[str]) -> Iterable[list[str]]:
    waiting = iter(refs)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk
