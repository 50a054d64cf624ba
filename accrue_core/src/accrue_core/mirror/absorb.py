"""The one way in: make our rows say what a processor said.

Answers to commands, webhooks, refreshes and imports all end in ``absorb_many``. It never refuses:
what a processor says has happened, has happened. It decides only whether an answer is still worth
believing, and it decides that by numbers our own database handed out: ``asked``, drawn before
the question was sent, and ``seen``, drawn while the thing was held when it was last absorbed.
Time orders nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from accrue_core.context import Context
from accrue_core.contracts.results import AnySnapshot, GoneSnapshot, UnreadableSnapshot
from accrue_core.db import rows
from accrue_core.db.base import to_row
from accrue_core.db.numbers import draw
from accrue_core.db.transaction import Reading, Transaction
from accrue_core.ids import to_text
from accrue_core.ledger.append import append
from accrue_core.ledger.events import Gone, Unreadable, Updated
from accrue_core.mirror.nouns import Mirror, Name, Parent, Registry
from accrue_core.mirror.thing import Thing, after_image, removed_children
from accrue_core.outbox.enqueue import enqueue

REFRESH = "webhooks.refresh"
LONGEST_WORD = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something a processor said, the question's number, and what made us ask."""

    processor: str
    asked: int
    snapshots: Sequence[AnySnapshot]
    cause: str


@dataclass(slots=True)
class Absorbed:
    """What became of it: the rows as they now are, and what was not believed or not readable."""

    rows: dict[Name, Any] = field(default_factory=dict)
    overlapped: set[Name] = field(default_factory=set)
    unreadable: dict[Name, str] = field(default_factory=dict)


def names_in(tx: Transaction, told: Sequence[Told]) -> set[str]:
    """Return the names to hold before absorbing: everything told of, and its parents.

    Parents are held as well, so that a child and its parent that arrive at the same time on two
    connections cannot miss each other.
    """
    registry: Registry = tx.stamp.mirrors
    held = set()
    for answer in told:
        for snapshot in answer.snapshots:
            mirror = registry.of(snapshot)
            held.add(hold_name(mirror.noun, answer.processor, snapshot.ref))
            for parent, ref in mirror.parent_refs(snapshot):
                held.add(hold_name(parent.noun, answer.processor, ref))
    return held


def hold_name(noun: str, processor: str, ref: str) -> str:
    """Return the name under which one thing is held."""
    return f"{noun}:{processor}:{ref}"


async def absorb(tx: Transaction, told: Told) -> Absorbed:
    """Absorb one answer."""
    return await absorb_many(tx, [told])


async def absorb_many(tx: Transaction, told: Sequence[Told]) -> Absorbed:
    """Make the rows say what was told, and record what became true.

    Equal content changes nothing. An answer whose question is older than what the row has seen
    is not believed where it differs: one refresh of that thing is promised instead.
    """
    await tx.hold(names_in(tx, told))
    result = Absorbed()
    things, doubtful = _one_each(tx, told)
    await _load(tx, things)
    seen = await draw(tx)
    accepted = [thing for thing in things if _is_believed(tx, thing, seen, result)]
    await _link_up(tx, accepted)
    for thing in accepted:
        _settle(tx, thing)
    await _write(tx, accepted)
    for thing in accepted:
        result.rows[thing.name] = thing.row()
    await _link_down(tx, accepted, result)
    for noun, processor, ref in sorted(result.overlapped | doubtful):
        await promise_refresh(tx, noun, processor, ref)
    return result


async def promise_refresh(tx: Transaction, noun: str, processor: str, ref: str) -> None:
    """Promise to ask again about one thing; while one promise waits, another adds nothing."""
    payload = {"noun": noun, "processor": processor, "ref": ref}
    await enqueue(tx, REFRESH, payload, dedupe_key=f"refresh/{noun}/{processor}/{ref}")


async def promise_refreshes(ctx: Context, names: Collection[Name]) -> None:
    """Promise to ask again about things, in a transaction of its own, if there are any."""
    if names:
        async with ctx.transaction("refresh.promise") as tx:
            for noun, processor, ref in sorted(names):
                await promise_refresh(tx, noun, processor, ref)


def _one_each(tx: Transaction, told: Sequence[Told]) -> tuple[list[Thing], set[Name]]:
    """Return one thing per name, parents first; what was asked about directly beats an aside.

    Two different answers about one thing cannot be ordered by when they arrived: one is taken,
    and the thing is named as doubtful, to be asked about again.
    """
    registry: Registry = tx.stamp.mirrors
    said = [
        (place > 0, -answer.asked, answer, snapshot)
        for answer in told
        for place, snapshot in enumerate(answer.snapshots)
    ]
    things: dict[Name, Thing] = {}
    doubtful: set[Name] = set()
    for _, _, answer, snapshot in sorted(said, key=lambda entry: entry[:2]):
        mirror = registry.of(snapshot)
        name = (mirror.noun, answer.processor, snapshot.ref)
        thing = Thing(name, mirror, snapshot, answer.asked, answer.cause)
        if things.setdefault(name, thing).snapshot != snapshot:
            doubtful.add(name)
    return sorted(things.values(), key=lambda t: (t.mirror.rank, t.name)), doubtful


async def _load(tx: Transaction, things: Sequence[Thing]) -> None:
    for mirror in _mirrors(things):
        mine = [thing for thing in things if thing.mirror is mirror]
        found = await rows.by_ref(tx, mirror.table, {thing.name[1:] for thing in mine})
        before = {(row.processor, row.ref): row for row in await with_children(tx, mirror, found)}
        for thing in mine:
            thing.before = before.get(thing.name[1:])


async def with_children(tx: Reading, mirror: Mirror, found: Sequence[Any]) -> list[Any]:
    """Return row dataclasses with their children loaded."""
    loaded: dict[str, dict[str, list[Any]]] = {
        row["id"]: {attribute: [] for attribute in mirror.children} for row in found
    }
    for attribute, kind in mirror.children.items():
        for row in await rows.by_parent(tx, kind.table, kind.parent_column, list(loaded)):
            loaded[row[kind.parent_column]][attribute].append(to_row(kind.row, row))
    return [
        to_row(mirror.row, row, **{k: tuple(v) for k, v in loaded[row["id"]].items()})
        for row in found
    ]


def _is_believed(tx: Transaction, thing: Thing, seen: int, result: Absorbed) -> bool:
    before, snapshot = thing.before, thing.snapshot
    if isinstance(snapshot, UnreadableSnapshot):
        result.unreadable[thing.name] = snapshot.word
    if before is None and isinstance(snapshot, UnreadableSnapshot | GoneSnapshot):
        return False
    _reduce(tx, thing)
    if before is not None and thing.asked < before.seen:
        if thing.differences():
            result.overlapped.add(thing.name)
        result.rows[thing.name] = before
        return False
    now = tx.stamp.clock.now()
    kept = (
        {"id": before.id, "created_at": before.created_at}
        if before is not None
        else {"id": to_text(thing.mirror.prefix, tx.stamp.ids.new()), "created_at": now}
    )
    _, processor, ref = thing.name
    thing.values |= kept | {"processor": processor, "ref": ref, "seen": seen, "updated_at": now}
    return True


def _reduce(tx: Transaction, thing: Thing) -> None:
    before, snapshot = thing.before, thing.snapshot
    if isinstance(snapshot, UnreadableSnapshot):
        word = snapshot.word[:LONGEST_WORD]
        thing.values = {"unreadable": word}
        thing.events = [Unreadable(noun=thing.mirror.noun, word=word)]
    elif isinstance(snapshot, GoneSnapshot):
        thing.values = {"gone_at": before.gone_at or tx.stamp.clock.now()}
        thing.events = [Gone(noun=thing.mirror.noun)]
    else:
        reduction = thing.mirror.reduce(before, snapshot)
        thing.values = {**reduction.columns, "unreadable": None, "gone_at": None}
        thing.events = list(reduction.events)
        thing.children = {
            attribute: [dict(child) for child in children]
            for attribute, children in reduction.children.items()
        }


async def _link_up(tx: Transaction, things: Sequence[Thing]) -> None:
    """Resolve the refs of parents to our ids, as far as we hold the parents."""
    registry: Registry = tx.stamp.mirrors
    ids = {thing.name: thing.id for thing in things}
    wanted: dict[str, set[tuple[str, str]]] = {}
    links = [
        (thing, parent, (parent.noun, thing.name[1], ref))
        for thing in things
        for parent, ref in thing.mirror.parent_refs(thing.snapshot)
    ]
    for _, _, name in links:
        if name not in ids:
            wanted.setdefault(name[0], set()).add(name[1:])
    for noun, pairs in sorted(wanted.items()):
        held = await rows.ids_by_ref(tx, registry.noun(noun).table, pairs)
        ids |= {(noun, *pair): id_ for pair, id_ in held.items()}
    for thing in things:
        if not isinstance(thing.snapshot, UnreadableSnapshot | GoneSnapshot):
            thing.values |= {parent.id_column: None for parent in thing.mirror.parents}
        elif thing.mirror.noun != "customer":
            thing.values["customer_id"] = thing.before.customer_id
    for thing, parent, name in links:
        thing.values[parent.id_column] = ids.get(name)


def _settle(tx: Transaction, thing: Thing) -> None:
    """Decide what changed, and put what became true into the ledger."""
    thing.changed = thing.differences()
    thing.name_children(tx.stamp.ids)
    if not thing.changed:
        thing.values["updated_at"] = thing.before.updated_at
        return
    noun = thing.mirror.noun
    events = thing.events or [Updated(noun=noun, changed=thing.changed)]
    row = thing.row()
    for event in events:
        append(
            tx,
            event,
            subject=thing.id,
            customer_id=thing.customer_id,
            cause=thing.cause,
            after=after_image(thing.mirror, row),
        )


async def _write(tx: Transaction, things: Sequence[Thing]) -> None:
    for mirror in _mirrors(things):
        mine = [thing for thing in things if thing.mirror is mirror]
        new = [thing for thing in mine if thing.before is None]
        changed = [thing for thing in mine if thing.before is not None and thing.changed]
        same = [thing for thing in mine if thing.before is not None and not thing.changed]
        await rows.add(tx, mirror.table, [thing.columns() for thing in new])
        await rows.change(tx, mirror.table, [thing.columns() for thing in changed])
        await rows.change(tx, mirror.table, [{"id": t.id, "seen": t.values["seen"]} for t in same])
        for attribute, kind in mirror.children.items():
            touched = [t for t in (*new, *changed) if attribute in t.children]
            gone = [id_ for t in touched for id_ in removed_children(t, attribute)]
            known = {
                child.id: child
                for t in touched
                if t.before is not None
                for child in getattr(t.before, attribute)
            }
            wanted = [child for t in touched for child in t.children[attribute]]
            moved = [c for c in wanted if c["id"] in known and _differs(known[c["id"]], c)]
            await rows.remove(tx, kind.table, gone)
            await rows.add(tx, kind.table, [c for c in wanted if c["id"] not in known])
            await rows.change(tx, kind.table, moved)


def _differs(row: Any, columns: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in columns.items())


async def _link_down(tx: Transaction, things: Sequence[Thing], result: Absorbed) -> None:
    """Fill our id into rows that have been waiting for a parent that now arrived."""
    registry: Registry = tx.stamp.mirrors
    arrived = {thing.name: thing for thing in things if thing.before is None}
    for noun in sorted({name[0] for name in arrived}):
        pairs = {name[1:] for name in arrived if name[0] == noun}
        links = {
            (mirror.table, parent.id_column, parent.ref_column): (mirror, parent)
            for mirror in registry.mirrors
            for parent in mirror.parents
            if parent.noun == noun
        }
        for link in await rows.having_unlinked(tx, links, pairs) if links else ():
            await _link(tx, *links[link], pairs, arrived, result)


async def _link(
    tx: Transaction,
    mirror: Mirror,
    parent: Parent,
    pairs: Collection[tuple[str, str]],
    arrived: Mapping[Name, Thing],
    result: Absorbed,
) -> None:
    waiting = await rows.unlinked(tx, mirror.table, parent.id_column, parent.ref_column, pairs)
    for row in await with_children(tx, mirror, waiting):
        key = (parent.noun, row.processor, getattr(row, parent.ref_column))
        linked = replace(row, **{parent.id_column: arrived[key].id})
        await rows.change(tx, mirror.table, [{"id": row.id, parent.id_column: arrived[key].id}])
        append(
            tx,
            Updated(noun=mirror.noun, changed=(parent.id_column,)),
            subject=row.id,
            customer_id=linked.customer_id,
            cause=arrived[key].cause,
            after=after_image(mirror, linked),
        )
        result.rows[(mirror.noun, row.processor, row.ref)] = linked


def _mirrors(things: Sequence[Thing]) -> list[Mirror]:
    return list({thing.mirror.noun: thing.mirror for thing in things}.values())
