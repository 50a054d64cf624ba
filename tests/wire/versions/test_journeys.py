"""Journeys end as they do on the plain stage, at whatever version Accrue is told of events."""

from __future__ import annotations

import json

from tests.journeys import (
    test_checkout,
    test_endings,
    test_first_payments,
    test_get_a_customer_paying,
    test_phase_by_phase,
    test_the_customer_changes_their_mind,
)
from tests.stage import TEAM, Stage
from tests.wire.lanes.both import on_both_stages
from tests.wire.stage import WiredStage
from tests.wire.versions.conftest import THIN

CHOSEN = {
    test_checkout: ("test_a_trial_begins_on_the_page",),
    test_endings: (
        "test_what_was_kept_renews",
        "test_a_customer_deleted_at_the_processor_loses_access_and_may_come_back",
    ),
    test_first_payments: ("test_a_first_payment_that_nobody_completes_expires",),
    test_get_a_customer_paying: ("test_a_year_of_one_subscription",),
    test_phase_by_phase: ("test_the_plan_changes_on_the_way",),
    test_the_customer_changes_their_mind: ("test_a_downgrade_leaves_a_credit_that_is_used_up",),
}
"""Journeys in which every kind of thing is told of: the others repeat them."""

for module, names in CHOSEN.items():
    made = on_both_stages(module)
    globals().update({name: made[name] for name in names})


async def test_every_webhook_comes_in_the_way_that_was_asked_for(stage: Stage) -> None:
    assert isinstance(stage, WiredStage)
    (endpoint,) = stage.server.account.endpoints.values()
    post, bodies = stage.server.courier.post, []

    async def read(url: str, headers: object, body: bytes) -> int:
        bodies.append(json.loads(body))
        return await post(url, headers, body)  # type: ignore[arg-type]

    stage.server.courier.post = read
    await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
    await stage.settle()

    is_thin = endpoint.api_version == THIN
    told = {body.get("api_version", body["object"]) for body in bodies}
    assert told == {"v2.core.event" if is_thin else endpoint.api_version}
    assert any("subscription.created" in body["type"] for body in bodies)
    assert await stage.billing.entitled(TEAM, "reports")
