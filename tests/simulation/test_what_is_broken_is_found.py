"""Every rule bites: a fault that is planted is found, by the rule that is for it."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from accrue_core.billing.invoices.models import lines
from accrue_core.errors import InvalidRequest
from accrue_core.testing.simulation.chance import Chance
from accrue_core.testing.simulation.run import InvariantBroken, Simulation
from accrue_core.testing.simulation.world import Faults
from tests.services.lanes import on_sqlite
from tests.simulation.firm import Firm
from tests.simulation.plants import PLANTS, edit


async def lived_for_two_months(firm: Firm) -> Simulation:
    """Return a simulation at rest with nothing wrong, and all of it seen once."""
    simulation = firm.simulation(customers=12, months=2, seed=16)
    for _ in range(2):
        await simulation.live_a_month()
        await simulation.come_to_rest()
    assert await simulation.auditor.audit() == []
    return simulation


@on_sqlite
@pytest.mark.parametrize("name", PLANTS)
async def test_a_planted_fault_is_found(opened: Firm, name: str) -> None:
    simulation = await lived_for_two_months(opened)
    plant, rules = PLANTS[name]

    await plant(opened)
    await simulation.come_to_rest()
    found = await simulation.auditor.audit(is_full=True)

    assert {broken.rule for broken in found} == rules, [str(broken) for broken in found]


@on_sqlite
async def test_what_is_broken_ends_the_simulation_and_is_named(opened: Firm) -> None:
    simulation = await lived_for_two_months(opened)
    await edit(opened.accrue, update(lines).values(price=None))

    with pytest.raises(InvariantBroken, match="has no price") as stopped:
        await simulation.run()

    assert stopped.value.month == 1
    assert {broken.rule for broken in stopped.value.broken} == {"lines"}


@on_sqlite
async def test_a_monthly_audit_sees_what_changed_and_what_did_not(opened: Firm) -> None:
    simulation = await lived_for_two_months(opened)
    ref = next(iter(opened.engine.books.customers))

    opened.engine.customers.edit(ref, name="Somebody Else")
    unsettled = await simulation.auditor.audit()
    await simulation.come_to_rest()
    settled = await simulation.auditor.audit()

    assert [str(broken) for broken in unsettled] == [f"mirror: customer {ref}: name"]
    assert settled == []


def test_chance_repeats_itself_and_its_series_are_apart() -> None:
    first, again, other = Chance(1, "a"), Chance(1, "a"), Chance(1, "b")

    numbers = [first.number() for _ in range(100)]

    assert numbers == [again.number() for _ in range(100)]
    assert numbers != [other.number() for _ in range(100)]
    assert all(0 <= number < 1 for number in numbers)
    assert {first.below(3) for _ in range(100)} == {0, 1, 2}
    assert sorted(first.shuffled(range(9))) == list(range(9))


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_line_that_never_works_is_no_simulation(rate: float) -> None:
    with pytest.raises(InvalidRequest):
        Faults(lost=rate)
