"""Trouble that is ordered for a call strikes it, by whichever way the call is made."""

from __future__ import annotations

import pytest

from accrue_fake.wire.stripe.routes import DEEDS
from tests.faults.machine import doings, happenings
from tests.faults.machine.draws import MEDDLED_WITH, STRUCK
from tests.faults.machine.town import EVERYBODY, GOOD, OWNERS, WAYS, opened
from tests.faults.machine.truths import assert_true_in_the_end, settled
from tests.faults.machine.wires import REQUESTS


def test_every_call_that_is_struck_is_known_by_its_requests_too() -> None:
    requests = {request for of_a_call in REQUESTS.values() for request in of_a_call}

    assert REQUESTS.keys() == {call for call in (*STRUCK, *MEDDLED_WITH) if call is not None}
    assert requests <= {deed.call for deed in DEEDS.values()}


@pytest.mark.parametrize("way", WAYS)
async def test_trouble_strikes_the_call_that_it_is_ordered_for(
    prepared_database_url: str, way: str
) -> None:
    heard = list[str]()

    async def listen() -> None:
        heard.append("meddled")

    async with opened(
        prepared_database_url, opening=WAYS[way], final="canceled", batch_size=50
    ) as town:
        await doings.subscribe(town, OWNERS[0], "pro", {"payment_method": GOOD})
        await doings.cancel(town, 0, "period_end", {})
        assert len(town.done) == 2
        happenings.fault(town, "after", "subscriptions.keep", 1)
        town.way.meddle("customers.assign", "before", listen)
        await doings.describe(town, OWNERS[1], 1)
        await doings.keep(town, 0)
        await doings.move(town, OWNERS[0], EVERYBODY[-1])

        assert (len(town.unknown), len(town.done)) == (1, 3)
        assert heard == ["meddled"]
        await settled(town)
        await assert_true_in_the_end(town)
