"""Ask processors about things: each thing once, many at a time, within a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from accrue_core import telemetry
from accrue_core.context import Context
from accrue_core.contracts.results import Answer
from accrue_core.db import rows
from accrue_core.db.transaction import refuse_inside
from accrue_core.errors import ProcessorUnavailable, RemoteMissing
from accrue_core.mirror.nouns import Name, Registry

_GENERATIONS = 3
"""How far up parents are followed: an invoice's subscription, and that one's customer."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was answered, what could not be, and the parents that may be there and were not told.

    Whoever absorbs the answers promises a refresh of each of ``owed`` first: their children would
    otherwise wait unlinked, and grant nothing, until something else happens to the parent.
    """

    answers: Mapping[Name, Answer] = field(default_factory=dict)
    errors: Mapping[Name, Exception] = field(default_factory=dict)
    owed: Collection[Name] = ()


async def fetch_all(ctx: Context, names: Collection[Name]) -> Fetched:
    """Fetch things and the parents of theirs that we do not hold.

    A parent that is not there is left out: the child is absorbed beside its ref, and linked when
    the parent arrives. One that could not be asked for is owed.
    """
    refuse_inside("a fetch")
    answers: dict[Name, Answer] = {}
    errors: dict[Name, Exception] = {}
    owed: set[Name] = set()
    wanted = sorted(set(names))
    for generation in range(_GENERATIONS):
        results = await _fetch(ctx, wanted)
        for name, result in zip(wanted, results, strict=True):
            if isinstance(result, Answer):
                answers[name] = result
            elif generation == 0:
                errors[name] = result
            elif not isinstance(result, RemoteMissing):
                owed.add(name)
        wanted = await _unknown_parents(ctx, answers, tried={*answers, *errors, *owed, *wanted})
        if not wanted:
            break
    return Fetched(answers, errors, owed)


async def _fetch(ctx: Context, names: Sequence[Name]) -> list[Answer | Exception]:
    return await asyncio.gather(*(_one(ctx, name) for name in names))


async def _one(ctx: Context, name: Name) -> Answer | Exception:
    noun, processor, ref = name
    deadline = ctx.settings.call_deadline.total_seconds()
    try:
        gateway = ctx.plugins.processor(processor)
        async with asyncio.timeout(deadline), ctx.runtime.fetch_limit(processor):
            ctx.runtime.announce(f"fetch.{noun}:before_call")
            with telemetry.span("processor.fetch", processor=processor, noun=noun):
                answer = await gateway.fetch(noun, ref)
            ctx.runtime.announce(f"fetch.{noun}:after_call")
            return answer
    except TimeoutError:
        return ProcessorUnavailable(f"{processor} did not answer in time")
    except Exception as error:
        return error


async def _unknown_parents(
    ctx: Context, answers: Mapping[Name, Answer], *, tried: Collection[Name]
) -> list[Name]:
    registry: Registry = ctx.runtime.mirrors
    told = {
        (registry.of(snapshot).noun, name[1], snapshot.ref)
        for name, answer in answers.items()
        for snapshot in answer.snapshots
    }
    parents = {
        (parent.noun, name[1], ref)
        for name, answer in answers.items()
        for snapshot in answer.snapshots
        for parent, ref in registry.of(snapshot).parent_refs(snapshot)
    }
    missing = parents - told - set(tried)
    for noun in {name[0] for name in missing}:
        pairs = {name[1:] for name in missing if name[0] == noun}
        async with ctx.reading() as reading:
            held = await rows.ids_by_ref(reading, registry.noun(noun).table, pairs)
        missing -= {(noun, *pair) for pair in held}
    return sorted(missing)
