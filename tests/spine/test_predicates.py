"""What a row says of itself, the database says of it, too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from accrue_core.app import MIRRORS
from accrue_core.billing.checkout import models as checkout
from accrue_core.billing.customers import models as customers
from accrue_core.billing.invoices import models as invoices
from accrue_core.billing.payment_methods import models as payment_methods
from accrue_core.billing.schedules import models as schedules
from accrue_core.billing.subscriptions import models as subscriptions
from accrue_core.contracts.results import GoneSnapshot, UnreadableSnapshot
from tests.spine.answers import held, stored_entries, tell
from tests.spine.database import Spine
from tests.units.strategies import snapshots_of

MODULES: dict[str, Any] = {
    "customer": customers,
    "payment_method": payment_methods,
    "subscription": subscriptions,
    "invoice": invoices,
    "checkout_session": checkout,
    "schedule": schedules,
}
WITH_PREDICATES = [noun for noun, module in MODULES.items() if hasattr(module, "PREDICATES")]
FATES = st.sampled_from([None, GoneSnapshot, lambda noun, ref: UnreadableSnapshot(noun, ref, "x")])
ROWS = st.sampled_from(WITH_PREDICATES).flatmap(
    lambda noun: st.lists(st.tuples(snapshots_of(noun), FATES), min_size=3, max_size=8)
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ROWS)
async def test_each_predicate_of_a_row_is_that_of_the_database(
    spine: Spine, told: list[tuple[Any, Any]]
) -> None:
    noun = told[0][0].noun
    mirror, predicates = MIRRORS.noun(noun), MODULES[noun].PREDICATES
    start = len(await stored_entries(spine))
    rows = []
    for number, (snapshot, fate) in enumerate(told):
        ref = f"{snapshot.ref}_{start}_{number}"
        await tell(spine, replace(snapshot, ref=ref))
        if fate is not None:
            await tell(spine, fate(noun, ref))
        rows.append(await held(spine, noun, ref))

    mine = mirror.table.c.id.in_([row.id for row in rows])
    for name, predicate in predicates.items():
        async with spine.reading() as reading:
            found = await reading.all(select(mirror.table.c.id).where(mine, predicate))
        assert {row["id"] for row in found} == {row.id for row in rows if getattr(row, name)}, name


@pytest.mark.parametrize("noun", list(MODULES))
def test_no_row_says_more_of_itself_than_the_database_can(noun: str) -> None:
    said = {name for name in vars(MIRRORS.noun(noun).row) if name.startswith(("is_", "has_"))}
    assert said == set(getattr(MODULES[noun], "PREDICATES", {}))


def test_every_mirrored_noun_is_looked_at_here() -> None:
    assert set(MODULES) == {mirror.noun for mirror in MIRRORS.mirrors}
