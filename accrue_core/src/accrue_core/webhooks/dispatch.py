"""Work off deliveries: fetch what they point at, absorb it, and hand them to handlers.

A batch asks about each thing once, however many deliveries point at it, and absorbs all answers
in one transaction. Whatever fails fails alone: a fetch fails only the deliveries of its thing,
and a transaction that fails is repeated thing by thing.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from accrue_core.actors import Actor
from accrue_core.context import Context
from accrue_core.contracts.handlers import wants
from accrue_core.contracts.results import Answer, AnySnapshot, GoneSnapshot
from accrue_core.contracts.subscriptions import SubscriptionSnapshot
from accrue_core.db.numbers import draw
from accrue_core.db.transaction import Transaction
from accrue_core.errors import RemoteMissing, UnknownVocabulary
from accrue_core.mirror.absorb import Absorbed, Told, absorb_many, promise_refreshes
from accrue_core.mirror.fetching import fetch_all
from accrue_core.mirror.nouns import Name
from accrue_core.outbox import queries as outbox
from accrue_core.outbox.retry import describe, next_wait
from accrue_core.webhooks import queries
from accrue_core.webhooks.models import Delivery


@dataclass(frozen=True, slots=True)
class _Batch:
    token: str
    asked: int
    about: Mapping[Name | None, list[Delivery]]


async def dispatch(ctx: Context) -> int:
    """Claim one batch of due deliveries and work it off; return how many it held."""
    processors = list(ctx.plugins.processors)
    ctx = ctx.acting_as(Actor("webhook"))
    settings = ctx.settings
    token = secrets.token_hex(16)
    async with ctx.transaction("dispatch.claim") as tx:
        claimed = await queries.claim(
            tx,
            processors=processors,
            token=token,
            limit=settings.batch_size,
            lease=settings.lease,
            max_attempts=settings.max_attempts,
        )
        if not claimed:
            return 0
        asked = await draw(tx)
    about: dict[Name | None, list[Delivery]] = {}
    for delivery in claimed:
        about.setdefault(_name(delivery), []).append(delivery)
    batch = _Batch(token, asked, about)
    answers = await _ask(ctx, batch)
    everything: list[Name | None] = [*about, *(name for name in answers if name not in about)]
    names = [name for name in everything if name is None or name in answers]
    try:
        await _absorb(ctx, batch, answers, names)
    except Exception:
        # Something in the batch cannot be written. Alone, each thing shows whether it is the one.
        for name in names:
            try:
                await _absorb(ctx, batch, answers, [name])
            except Exception as error:
                await _fail(ctx, batch, about.get(name, []), error)
    return len(claimed)


def _name(delivery: Delivery) -> Name | None:
    if delivery.noun is None or delivery.object_ref is None:
        return None
    return (delivery.noun, delivery.processor, delivery.object_ref)


async def _ask(ctx: Context, batch: _Batch) -> dict[Name, Answer]:
    """Fetch what the batch points at; fail the deliveries of what cannot be fetched."""
    fetched = await fetch_all(ctx, [name for name in batch.about if name is not None])
    await promise_refreshes(ctx, fetched.owed)
    answers = dict(fetched.answers)
    for name, error in fetched.errors.items():
        deliveries = batch.about[name]
        if isinstance(error, RemoteMissing) and any(d.is_deletion for d in deliveries):
            # A verified event that announces the deletion, and nothing there: that is proof.
            answers[name] = Answer(GoneSnapshot(noun=name[0], ref=name[2]))
        else:
            await _fail(ctx, batch, deliveries, error)
    return answers


async def _absorb(
    ctx: Context, batch: _Batch, answers: Mapping[Name, Answer], names: Sequence[Name | None]
) -> None:
    """Absorb the answers about these things and finish their deliveries, in one transaction."""
    if not names:
        return
    told = [
        Told(
            processor=name[1],
            asked=batch.asked,
            snapshots=_as_announced(batch, name, answers[name]),
            cause=_cause(batch, name),
        )
        for name in names
        if name is not None
    ]
    async with ctx.transaction("dispatch.absorb") as tx:
        absorbed = await absorb_many(tx, told) if told else Absorbed()
        finished = [d for name in names for d in batch.about.get(name, [])]
        await _finish(ctx, tx, batch, finished, absorbed)


async def _finish(
    ctx: Context, tx: Transaction, batch: _Batch, deliveries: Sequence[Delivery], absorbed: Absorbed
) -> None:
    readable = [d for d in deliveries if _name(d) not in absorbed.unreadable]
    done = await queries.finish(tx, [d.id for d in readable], token=batch.token)
    for delivery in deliveries:
        if delivery not in readable:
            word = absorbed.unreadable[(delivery.noun, delivery.processor, delivery.object_ref)]  # type: ignore[index]
            error = UnknownVocabulary(where=f"status of a {delivery.noun}", word=word)
            await queries.postpone(
                tx, delivery.id, token=batch.token, wait=None, error=describe(error)
            )
    runs = [
        (handler.name, delivery.id)
        for delivery in readable
        if delivery.id in done
        for handler in ctx.plugins.webhook_handlers.values()
        if wants(handler.types, delivery.type)
    ]
    await outbox.add_runs(tx, runs)


async def _fail(
    ctx: Context, batch: _Batch, deliveries: Sequence[Delivery], error: Exception
) -> None:
    async with ctx.transaction("dispatch.fail") as tx:
        for delivery in deliveries:
            wait = next_wait(error, delivery.attempts, max_attempts=ctx.settings.max_attempts)
            await queries.postpone(
                tx, delivery.id, token=batch.token, wait=wait, error=describe(error)
            )


def _as_announced(batch: _Batch, name: Name, answer: Answer) -> Sequence[AnySnapshot]:
    """Add to a subscription what its webhooks announced, and no answer would show."""
    said = [d.announces for d in batch.about.get(name, ()) if d.announces is not None]
    if not said or not isinstance(answer.main, SubscriptionSnapshot):
        return answer.snapshots
    return (replace(answer.main, announced=said[-1]), *answer.others)


def _cause(batch: _Batch, name: Name) -> str:
    """Name the newest delivery about a thing; a parent that came along has none of its own."""
    deliveries = batch.about.get(name)
    if deliveries:
        return f"webhook:{deliveries[-1].event_ref}"
    first = next(iter(batch.about.values()))
    return f"webhook:{first[-1].event_ref}"
