"""What it costs: a small, fixed number of statements, however many things are concerned."""

from __future__ import annotations

from accrue_core import Owner
from tests.door.senders import PATH, counted_statements, document, signed
from tests.stage import TEAM, Stage, post


async def test_a_webhook_is_one_statement(stage: Stage) -> None:
    for number in range(2):
        body = document(f"evt_{number}")
        with counted_statements(stage) as statements:
            assert (await post(stage.app, PATH, body, signed(stage, body)))[0] == 200
        assert len(statements) == 1, statements


async def test_the_gate_is_one_statement(stage: Stage) -> None:
    await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
    await stage.billing.subscribe(TEAM, "basic")
    await stage.settle()

    for owner in (TEAM, Owner("team", "nobody")):
        with counted_statements(stage) as statements:
            await stage.billing.entitled(owner, "reports")
        assert len(statements) == 1, statements


async def _edited(stage: Stage, number: int) -> list[str]:
    """Change so many subscriptions at the processor; return the statements of their dispatch."""
    refs = list(stage.engine.books.subscriptions)[:number]
    for ref in refs:
        quantity = (stage.engine.books.subscriptions[ref].snapshot.items[0].quantity or 0) + 1
        stage.engine.subscriptions.edit(ref, quantity=quantity)
    assert set(await stage.deliver()) == {200}
    with counted_statements(stage) as statements:
        await stage.accrue.work.drain()
    return statements


async def test_fifty_deliveries_cost_what_five_cost(stage: Stage) -> None:
    for number in range(50):
        await stage.billing.subscribe(
            Owner("team", str(number)), "pro", payment_method="pm_card_visa"
        )
    await stage.settle()

    five = await _edited(stage, 5)
    fifty = await _edited(stage, 50)

    assert len(fifty) == len(five), (fifty, five)
    assert len(fifty) < 40, fifty
    assert stage.processor.backend.calls["subscriptions.fetch"] >= 55


async def test_an_idle_worker_only_looks(stage: Stage) -> None:
    await stage.settle()

    with counted_statements(stage) as statements:
        assert await stage.accrue.work.drain() == 0

    assert len(statements) <= 2, statements
    assert all(statement.lstrip().startswith("SELECT") for statement in statements)


async def test_verbs_cost_a_fixed_number_of_statements(stage: Stage) -> None:
    with counted_statements(stage) as first:
        outcome = await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
    await stage.settle()
    with counted_statements(stage) as swapping:
        await stage.billing.swap_plan(outcome.value.id, "basic", proration="none")
    with counted_statements(stage) as canceling:
        await stage.billing.cancel(outcome.value.id)
    holds = 0 if stage.accrue.runtime.engines().is_sqlite else 4

    # Three operations in one: a customer, a card, and the subscription with its paid invoice.
    assert len(first) <= 57 + 4 * holds, first
    assert len(swapping) <= 18 + holds, swapping
    assert len(canceling) <= 16 + holds, canceling
