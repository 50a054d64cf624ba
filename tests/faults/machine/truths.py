"""What must be true of the town: after every step, and when everything has arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from accrue_core.app import MIRRORS
from accrue_core.billing.customers.models import customers
from accrue_core.billing.invoices.models import invoices
from accrue_core.billing.subscriptions.models import subscriptions
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.results import GoneSnapshot
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.ledger.chain import canonical_bytes, read
from accrue_core.ledger.models import entries
from accrue_core.mirror.absorb import promise_refreshes
from accrue_core.mirror.load import row_of
from accrue_core.mirror.thing import after_image
from accrue_core.operations.models import OperationStatus, operations
from accrue_core.outbox.models import jobs
from tests.fake.ledger import assert_no_money_is_lost
from tests.faults.evidence import (
    all_operations,
    let_leases_end,
    rows,
    settle_hurried,
    unfinished,
)
from tests.faults.machine.happenings import let_pass
from tests.faults.machine.town import CATALOG, EVERYBODY, PERSONAL, Town

NOUNS = {
    "customer": "customers",
    "payment_method": "cards",
    "subscription": "subscriptions",
    "schedule": "schedules",
    "invoice": "invoices",
    "checkout_session": "sessions",
}
"""Each noun, and where the engine keeps it."""


def known(town: Town, noun: str) -> list[str]:
    """Return what there is at the processor, but for cards that were shown and given to nobody."""
    cards = town.engine.books.cards
    kept: Mapping[str, Any] = getattr(town.engine.books, NOUNS[noun])
    return [ref for ref in kept if ref not in cards or ref in town.announced]


async def assert_true_always(town: Town) -> None:
    """What holds at every moment, however much is under way."""
    assert_no_money_is_lost(town.engine)
    assert town.way.doubled() == {}
    assert_unpaid_changes_wait(town)
    assert_nobody_is_twice_at_the_engine(town)
    await assert_nobody_is_twice_here(town)
    await assert_nothing_is_granted_that_never_was(town)


async def settled(town: Town) -> None:
    """Let everything arrive and be worked off, with nothing going wrong; ask for what was lost."""
    town.engine.scenarios.clear()
    town.way.forget()
    for _ in range(6):
        town.way.recall()
        await let_pass(town, 1)
        await let_leases_end(town.stage)
        await settle_hurried(town.stage)
        town.look()
        left = [one for one in await unfinished(town.stage) if one.status.value != "released"]
        if not left and not town.way.pending():
            break
    else:
        raise AssertionError(f"never done: {left} {town.way.pending()}")
    if town.has_lost:
        town.has_lost = False
        names = [(noun, "fake", ref) for noun in NOUNS for ref in known(town, noun)]
        await promise_refreshes(town.stage.billing, names)
        await settled(town)


async def assert_true_in_the_end(town: Town) -> None:
    """What holds when everything has arrived."""
    await assert_true_always(town)
    found = await differences(town)
    assert found == [], found
    assert (await town.stage.billing.verify_ledger()).is_intact
    await assert_gates_are_right(town)
    assert_who_is_active_has_paid(town)
    await assert_money_is_the_same(town)
    await assert_history_is_exact(town)
    await assert_nothing_personal_is_kept(town)
    await assert_what_was_given_up_made_nothing(town)
    dead = (await town.stage.billing.webhook_deliveries(status="dead")).items
    assert [delivery.last_error for delivery in dead] == []


def assert_unpaid_changes_wait(town: Town) -> None:
    """An open invoice of a change is one that the change waits for: nobody has the new items."""
    books = town.engine.books
    for ref, invoice in books.invoices.items():
        snapshot = invoice.snapshot
        if snapshot.billing_reason != "subscription_update" or snapshot.collection != "charge":
            continue
        record = books.subscriptions[snapshot.subscription or ""]
        is_planned = any(
            one.snapshot.subscription == snapshot.subscription for one in books.schedules.values()
        )
        if snapshot.status == InvoiceStatus.OPEN and not is_planned:
            assert record.pending is not None, f"{ref} is not paid, and its change is made"
            assert record.pending.invoice == ref
            assert record.pending.change.items != record.snapshot.items


def assert_nobody_is_twice_at_the_engine(town: Town) -> None:
    owners = Counter(
        str(record.snapshot.owner)
        for record in town.engine.books.customers.values()
        if not record.is_deleted and record.snapshot.owner is not None
    )
    assert [owner for owner, times in owners.items() if times > 1] == []
    for operation, made in town.engine.books.made_by.items():
        kinds = Counter(ref.rpartition("_fake_")[0] for ref in made)
        assert max(kinds.values()) == 1, f"{operation} made {made}"


async def assert_nobody_is_twice_here(town: Town) -> None:
    found = await rows(town.stage, select(customers).where(customers.c.gone_at.is_(None)))
    owners = Counter((row["owner_type"], row["owner_id"]) for row in found)
    assert [owner for owner, times in owners.items() if times > 1] == []


async def assert_nothing_is_granted_that_never_was(town: Town) -> None:
    """Whatever a gate opens for, the processor has once called active or trialing."""
    found = await rows(town.stage, select(subscriptions.c.id, subscriptions.c.ref))
    refs = {row["id"]: row["ref"] for row in found}
    for owner in EVERYBODY:
        for grant in (await town.stage.billing.explain_access(owner)).grants:
            if grant.is_granted and grant.subscription_id is not None:
                assert grant.price in town.entitled.get(refs[grant.subscription_id], ()), grant


async def assert_gates_are_right(town: Town) -> None:
    """An owner may use what its live, collected subscriptions at the processor are for."""
    books, now = town.engine.books, town.engine.clock.now()
    for owner in EVERYBODY:
        features = {"notes"}
        for record in books.subscriptions.values():
            snapshot = record.snapshot
            is_over = snapshot.cancel_at is not None and snapshot.cancel_at <= now
            is_live = snapshot.status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING)
            is_theirs = books.customers[snapshot.customer].snapshot.owner == owner
            if is_theirs and is_live and not is_over and snapshot.collection_paused is None:
                for item in snapshot.items:
                    plan = CATALOG.plan_of("fake", item.price)
                    features |= set(plan.features) if plan is not None else set()
        assert await town.stage.billing.features_for(owner) == features, owner


def assert_who_is_active_has_paid(town: Town) -> None:
    """Active is whose newest collected invoice is paid, or was never to be charged."""
    for ref, record in town.engine.books.subscriptions.items():
        snapshot = record.snapshot
        if snapshot.status != SubscriptionStatus.ACTIVE or snapshot.collection != "charge":
            continue
        if record.collected is None or snapshot.collection_paused is not None:
            continue
        invoice = town.engine.books.invoices[record.collected].snapshot
        assert invoice.status == InvoiceStatus.PAID, (ref, invoice.ref, invoice.status)


async def differences(town: Town) -> list[str]:
    """Return where a row differs from what the processor says now; every object is asked for."""
    found = []
    for noun in NOUNS:
        mirror, refs = MIRRORS.noun(noun), known(town, noun)
        for ref in refs:
            snapshot = (await town.stage.processor.fetch(noun, ref)).main
            async with town.stage.billing.reading() as reading:
                row = await row_of(reading, mirror, "fake", ref)
            wrong = ["missing"] if row is None else _wrong(mirror, row, snapshot)
            if wrong:
                found.append(f"{noun} {ref}: {wrong}")
        held = {row["ref"] for row in await rows(town.stage, select(mirror.table))}
        found += [f"{noun} {ref} exists nowhere else" for ref in sorted(held - set(refs))]
    return found


def _wrong(mirror: Any, row: Any, snapshot: Any) -> list[str]:
    if isinstance(snapshot, GoneSnapshot):
        return [] if row.gone_at is not None else ["not gone"]
    said = mirror.reduce(row, snapshot)
    wrong = [name for name, value in said.columns.items() if getattr(row, name) != value]
    for attribute, children in said.children.items():
        names = children[0] if children else ()
        held = [{name: getattr(child, name) for name in names} for child in getattr(row, attribute)]
        wrong += [attribute] if held != [dict(child) for child in children] else []
    for parent in mirror.parents:
        told = getattr(snapshot, parent.noun) is not None
        wrong += [parent.id_column] if told != (getattr(row, parent.id_column) is not None) else []
    is_off = row.unreadable is not None or row.gone_at is not None
    return [*wrong, "unreadable or gone"] if is_off else wrong


async def assert_money_is_the_same(town: Town) -> None:
    """What was paid at the processor is what paid invoices say here, customer by customer."""
    there: Counter[str] = Counter()
    for record in town.engine.books.invoices.values():
        there[record.snapshot.customer] += record.snapshot.amount_paid.minor
    here: Counter[str] = Counter()
    paid = select(invoices).where(invoices.c.status == InvoiceStatus.PAID)
    for row in await rows(town.stage, paid):
        here[row["customer_ref"]] += row["amount_paid_minor"]
    assert +here == +there


async def assert_history_is_exact(town: Town) -> None:
    """The ledger knows how each row is now, and how some were when time was about to pass."""
    now = town.engine.clock.now()
    for noun in NOUNS:
        mirror = MIRRORS.noun(noun)
        for ref in known(town, noun):
            async with town.stage.billing.reading() as reading:
                row = await row_of(reading, mirror, "fake", ref)
            state = await town.stage.billing.state_as_of(row.id, now)
            assert state is not None
            assert state.columns == read(canonical_bytes(after_image(mirror, row))), (noun, ref)
    for subject, moment, columns in town.remembered:
        state = await town.stage.billing.state_as_of(subject, moment)
        assert state is not None
        assert state.columns == columns, (subject, moment)


async def assert_what_was_given_up_made_nothing(town: Town) -> None:
    """A creation that ended without an effect, as we say, has none at the processor."""
    for record in await all_operations(town.stage):
        is_given_up = record.status in (OperationStatus.ABANDONED, OperationStatus.REFUSED)
        if is_given_up and record.method.endswith((".create", ".attach")):
            assert town.engine.books.made_by.get(record.id, ()) == (), record.method


async def assert_nothing_personal_is_kept(town: Town) -> None:
    """Personal values stand in rows of the mirror only, not in what is kept for ever."""
    name = PERSONAL.encode()
    written = await rows(town.stage, select(entries))
    assert [row["type"] for row in written if name in row["body"]] == []
    for row in await rows(town.stage, select(operations)):
        assert PERSONAL not in str(row["request"]), row["method"]
        is_over = row["ended_at"] is not None
        assert not is_over or row["personal"] is None, row["method"]
    for row in await rows(town.stage, select(jobs)):
        assert PERSONAL not in str(row["payload"])
