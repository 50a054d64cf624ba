"""A journey that is made twice, on the plain stage and over the wire, and must leave the same."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from types import ModuleType
from typing import Any

import pytest

from accrue_core.ledger import queries
from accrue_core.ledger.chain import read
from tests.stage import Stage
from tests.wire.lanes.declared import LEFT_OUT

Journey = Callable[..., Awaitable[None]]
Story = dict[str, list[Any]]

_OURS = re.compile(r"a[a-z]{2,4}_[0-9a-z]{26}")
_WEBHOOK = re.compile(r"^webhook:.*")
_NOT_COMPARED = frozenset({"id", "chain", "sequence"})


def on_both_stages(journeys: ModuleType) -> dict[str, Journey]:
    """Return a module's tests that want a stage, each to be made on both and then compared."""
    return {
        name: _on_both(test)
        for name, test in over_the_wire(journeys).items()
        if name.startswith("test_") and "stage" in inspect.signature(test).parameters
    }


def over_the_wire(journeys: ModuleType) -> dict[str, Any]:
    """Return what is in a module, but for tests that are left out: fixtures come along."""
    return {
        name: value
        for name, value in vars(journeys).items()
        if not name.startswith("_") and name not in LEFT_OUT
    }


def _on_both(journey: Journey) -> Journey:
    @wraps(journey)
    async def made_twice(*, stage: Stage, plain_stage: Stage, **given: Any) -> None:
        for each in (stage, plain_stage):
            await journey(stage=each, **given)
        told = differences(await story(plain_stage), await story(stage))
        if told:
            pytest.fail("the wire tells another story:\n" + "\n".join(told), pytrace=False)

    signature = inspect.signature(journey)
    more = inspect.Parameter("plain_stage", inspect.Parameter.KEYWORD_ONLY)
    made_twice.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), more]
    )
    return made_twice


async def story(stage: Stage) -> Story:
    """Return what the ledger tells of each thing, from the first entry to the last.

    An entry is told whole, with everything that the row held afterwards; our own ids are numbered
    as they appear, since they are made of time and chance.
    """
    await stage.settle()
    told: Story = {}
    names: dict[str, str] = {}
    async with stage.billing.reading() as reading:
        newest_first = await queries.listed(reading, limit=100_000)
    for entry in reversed(newest_first):
        told.setdefault(_named(entry.subject, names), []).append(_told(read(entry.body), names))
    return told


def differences(plain: Any, wired: Any, where: str = "") -> list[str]:
    """Return what is not the same in two stories, and where."""
    if isinstance(plain, dict) and isinstance(wired, dict):
        keys = [*plain, *(key for key in wired if key not in plain)]
        pairs = [(f"{where} {key}", plain.get(key), wired.get(key)) for key in keys]
    elif isinstance(plain, list) and isinstance(wired, list) and len(plain) == len(wired):
        numbered = enumerate(zip(plain, wired, strict=True))
        pairs = [(f"{where} [{number}]", one, other) for number, (one, other) in numbered]
    else:
        return [] if plain == wired else [f"{where}: {plain!r}, over the wire {wired!r}"]
    return [said for at, one, other in pairs for said in differences(one, other, at)]


def _told(content: Any, names: dict[str, str]) -> Any:
    if isinstance(content, dict):
        return {key: _told(one, names) for key, one in content.items() if key not in _NOT_COMPARED}
    if isinstance(content, list):
        return [_told(one, names) for one in content]
    if isinstance(content, str):
        named = _OURS.sub(lambda found: _named(found[0], names), content)
        return _WEBHOOK.sub("webhook", named)
    return content


def _named(ours: str, names: dict[str, str]) -> str:
    noun = ours.partition("_")[0]
    known = sum(name.startswith(f"{noun} ") for name in names.values())
    return names.setdefault(ours, f"{noun} {known + 1}")
