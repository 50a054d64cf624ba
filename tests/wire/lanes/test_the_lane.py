"""The lane itself: that nothing is missing from it, and that it tells stories apart."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from accrue_stripe.processor import StripeProcessor
from tests.stage import TEAM, Stage
from tests.wire.lanes.both import differences, story
from tests.wire.lanes.declared import ELSEWHERE, LEFT_OUT
from tests.wire.stage import WiredStage

HERE = Path(__file__).parent
JOURNEYS = HERE.parents[1] / "journeys"


def test_every_module_of_journeys_is_in_the_lane_or_declared() -> None:
    there = {path.stem for path in JOURNEYS.glob("test_*.py")}
    here = {path.stem for path in HERE.glob("test_*.py")} - {Path(__file__).stem}

    assert here.isdisjoint(ELSEWHERE)
    assert here | ELSEWHERE.keys() == there


def test_what_is_declared_of_a_journey_is_of_one_that_there_is() -> None:
    modules = [import_module(f"tests.journeys.{path.stem}") for path in JOURNEYS.glob("test_*.py")]
    known = {name for module in modules for name in vars(module)}

    assert known >= set(LEFT_OUT)
    assert all(reason for reason in (*LEFT_OUT.values(), *ELSEWHERE.values()))


async def test_requests_and_webhooks_go_over_the_wire(stage: Stage) -> None:
    assert isinstance(stage, WiredStage)
    assert isinstance(stage.processor, StripeProcessor)
    outcome = await stage.billing.subscribe(TEAM, "pro", payment_method="pm_card_visa")
    await stage.settle()

    asked = [(one.method, one.path) for one in stage.server.account.requests]
    assert ("POST", "/v1/subscriptions") in asked
    assert ("GET", f"/v1/subscriptions/{outcome.value.ref}") in asked
    assert stage.server.account.deliveries == []
    assert {one.status for one in stage.server.account.attempts} == {200}
    deliveries = (await stage.billing.webhook_deliveries(limit=500)).items
    assert len(deliveries) == len(stage.server.account.attempts)


async def test_stories_that_differ_are_told_apart(stage: Stage, plain_stage: Stage) -> None:
    for each, quantity in ((stage, 2), (plain_stage, 3)):
        await each.billing.subscribe(TEAM, "pro", quantity=quantity, payment_method="pm_card_visa")

    told = differences(await story(plain_stage), await story(stage))

    assert any("total_minor: 6000, over the wire 4000" in said for said in told)
    assert any("quantity: 3, over the wire 2" in said for said in told)


@pytest.mark.parametrize(
    ("plain", "wired", "said"),
    [
        ({"a": [1]}, {"a": [1]}, []),
        ({"a": [1]}, {"a": [1, 2]}, [" a: [1], over the wire [1, 2]"]),
        ({"a": 1}, {"b": 1}, [" a: 1, over the wire None", " b: None, over the wire 1"]),
    ],
)
def test_differences_say_where(plain: object, wired: object, said: list[str]) -> None:
    assert differences(plain, wired) == said
