"""What happens in the town by itself: customers, operators, time, webhooks, and what goes wrong."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from accrue_core.db.database_clock import db_clock
from accrue_core.operations.models import operations
from accrue_fake.engine.records import SubscriptionRecord
from tests.faults.evidence import let_leases_end, run, unfinished
from tests.faults.machine.asking import on_page, subscription_of
from tests.faults.machine.town import Town


def act(town: Town, which: int, what: str) -> None:
    """Let a customer or an operator do something at the processor itself."""
    engine, books = town.engine, town.engine.books
    refs, unpaid = list(books.subscriptions), list(books.invoices)
    if not refs:
        return
    ref = refs[-1 - which % len(refs)]
    match what:
        case "authenticate":
            on_page(town, lambda: engine.authenticate(ref))
        case "fail":
            on_page(town, lambda: engine.fail_authentication(ref))
        case "pay" if unpaid:
            on_page(town, lambda: engine.pay_invoice(unpaid[-1 - which % len(unpaid)]))
        case "edit" if not books.subscriptions[ref].is_ended:
            quantity = 2 + which % 7
            if not _is_waited_for(books.subscriptions[ref], quantity):
                on_page(town, lambda: engine.subscriptions.edit(ref, quantity=quantity))
        case "detach" if books.cards:
            card = list(books.cards)[-1 - which % len(books.cards)]
            on_page(town, lambda: engine.payment_methods.detach(card))


def _is_waited_for(record: SubscriptionRecord, quantity: int) -> bool:
    """Whether a change to just this waits to be paid for: nobody gives it away meanwhile."""
    return record.pending is not None and record.pending.change.items[0].quantity == quantity


async def pass_time(town: Town, hours: int) -> None:
    """Let time pass, having written down how things are."""
    await remember(town)
    await let_pass(town, hours)


async def let_pass(town: Town, hours: int) -> None:
    """Let time pass at the processor and, for what is under way, here: their clocks agree."""
    now = town.engine.clock.now()
    for record in await unfinished(town.stage):
        town.born.setdefault(record.id, now)
    town.way.advance(timedelta(hours=hours))
    for record in await unfinished(town.stage):
        age = town.engine.clock.now() - town.born[record.id]
        await run(
            town.stage,
            update(operations)
            .where(operations.c.id == record.id)
            .values(
                started_at=db_clock(timedelta(0) - age),
                lease_until=db_clock(timedelta(0) - timedelta(hours=hours)),
            ),
        )


async def remember(town: Town) -> None:
    """Write down how the newest things are, before time passes: the ledger has to know it later."""
    row = await subscription_of(town, 0)
    if row is not None:
        now = town.engine.clock.now()
        state = await town.stage.billing.state_as_of(row.id, now)
        assert state is not None
        town.remembered.append((row.id, now, state.columns))


async def deliver(town: Town, limit: int, *, is_shuffled: bool, is_doubled: bool) -> None:
    """Post webhooks that are due."""
    await town.way.deliver(limit, is_shuffled=is_shuffled, is_doubled=is_doubled)


async def work(town: Town) -> None:
    await town.stage.accrue.work.drain()


def fault(town: Town, kind: str, call: str | None, times: int) -> None:
    """Order a fault of the line, of webhooks or of a card."""
    scenarios = town.engine.scenarios
    call = None if call is None else town.way.named(call)
    match kind:
        case "before" | "after":
            scenarios.lose_next_answer(kind, call=call, times=times)  # type: ignore[arg-type]
        case "500":
            scenarios.fail_next_call(call=call, times=times)
        case "429":
            scenarios.limit_next_call(call=call, times=times)
        case "cut":
            scenarios.cut_next_call(call=call, times=times)
        case "401":
            scenarios.misconfigure_next_call(call=call, times=times)
        case "webhook lost":
            town.has_lost = True
            scenarios.lose_next_webhook(times=times)
        case "webhook late":
            scenarios.delay_next_webhook(timedelta(minutes=40), times=times)
        case "webhook twice":
            scenarios.duplicate_next_webhook(times=times)
        case "declined":
            scenarios.decline_next_charge(times=times)


async def recover(town: Town) -> None:
    await let_leases_end(town.stage)
    await town.stage.billing.recover_operations()
