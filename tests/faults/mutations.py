"""Every verb that asks a processor to change something, and every way the line can fail it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from accrue_core import Owner, Phase
from accrue_core.contracts.processor import REQUESTS
from accrue_core.errors import (
    ProcessorError,
    ProcessorMisconfigured,
    ProcessorUnavailable,
    ProcessorUnreachable,
    RateLimited,
)
from accrue_fake.engine.scenarios import Scenarios
from tests.stage import CANCEL_URL, OTHER_TEAM, SUCCESS_URL, Stage

CARD = "pm_card_visa"

Prepare = Callable[[Stage, Owner], Awaitable[Any]]
Do = Callable[[Stage, Owner, Any, str | None], Awaitable[Any]]


@dataclass(frozen=True)
class Mutation:
    """One verb: what must be there before, the call, and where it asks."""

    name: str
    method: str
    prepare: Prepare
    do: Do

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class LineFault:
    """One way for the line to fail: what is raised, and whether the outcome is then known."""

    name: str
    order: Callable[[Scenarios, str], None]
    error: type[ProcessorError]
    is_unknown: bool
    has_effect: bool = False

    def __str__(self) -> str:
        return self.name


async def nothing(stage: Stage, owner: Owner) -> None:
    del stage, owner


async def a_customer(stage: Stage, owner: Owner) -> None:
    await stage.billing.customer(owner)


async def a_card(stage: Stage, owner: Owner) -> None:
    await stage.billing.add_payment_method(owner, CARD)


async def a_subscription(stage: Stage, owner: Owner) -> str:
    return (await stage.billing.subscribe(owner, "pro", payment_method=CARD)).value.id


async def an_ending(stage: Stage, owner: Owner) -> str:
    return (await stage.billing.cancel(await a_subscription(stage, owner))).id


def cancelling(when: str) -> Do:
    async def do(stage: Stage, owner: Owner, subscription: Any, id_: str | None) -> Any:
        moment: Any = when
        if when == "at":
            moment = stage.engine.clock.now() + timedelta(days=10)
        return await stage.billing.cancel(subscription, when=moment, operation_id=id_)

    return do


async def make_customer(stage: Stage, owner: Owner, _: Any, id_: str | None) -> Any:
    return await stage.billing.customer(owner)


async def add_card(stage: Stage, owner: Owner, _: Any, id_: str | None) -> Any:
    return await stage.billing.add_payment_method(owner, CARD, operation_id=id_)


async def subscribe(stage: Stage, owner: Owner, _: Any, id_: str | None) -> Any:
    outcome = await stage.billing.subscribe(
        owner, "pro", operation_id=id_, metadata={"hall": "Elisabeth's"}
    )
    return outcome.value


async def check_out(stage: Stage, owner: Owner, _: Any, id_: str | None) -> Any:
    outcome = await stage.billing.create_checkout_session(
        owner, "pro", success_url=SUCCESS_URL, cancel_url=CANCEL_URL, operation_id=id_
    )
    return outcome.value


async def keep(stage: Stage, owner: Owner, subscription: Any, id_: str | None) -> Any:
    return await stage.billing.keep(subscription, operation_id=id_)


async def a_trial(stage: Stage, owner: Owner) -> str:
    outcome = await stage.billing.subscribe(
        owner, "pro", payment_method=CARD, trial=timedelta(days=14)
    )
    return outcome.value.id


async def a_pause(stage: Stage, owner: Owner) -> str:
    return (await stage.billing.pause(await a_subscription(stage, owner), invoices="void")).id


async def swap(stage: Stage, owner: Owner, subscription: Any, id_: str | None) -> Any:
    outcome = await stage.billing.swap_plan(
        subscription, "basic", proration="create_prorations", operation_id=id_
    )
    return outcome.value


async def upgrade(stage: Stage, owner: Owner, subscription: Any, id_: str | None) -> Any:
    outcome = await stage.billing.update_quantity(
        subscription, 3, proration="always_invoice", operation_id=id_
    )
    return outcome.value


async def add_item(stage: Stage, owner: Owner, subscription: Any, id_: str | None) -> Any:
    outcome = await stage.billing.add_item(
        subscription, "basic", proration="none", operation_id=id_
    )
    return outcome.value


async def extend_trial(stage: Stage, owner: Owner, subscription: Any, id_: str | None) -> Any:
    until = stage.engine.clock.now() + timedelta(days=30)
    return (await stage.billing.extend_trial(subscription, until=until, operation_id=id_)).value


async def end_trial(stage: Stage, owner: Owner, subscription: Any, id_: str | None) -> Any:
    return (await stage.billing.end_trial(subscription, operation_id=id_)).value


async def pause(stage: Stage, owner: Owner, subscription: Any, id_: str | None) -> Any:
    return await stage.billing.pause(subscription, invoices="void", operation_id=id_)


async def pause_whole(stage: Stage, owner: Owner, subscription: Any, id_: str | None) -> Any:
    return await stage.billing.pause(subscription, invoices="none", operation_id=id_)


async def resume(stage: Stage, owner: Owner, subscription: Any, id_: str | None) -> Any:
    return await stage.billing.resume(subscription, operation_id=id_)


async def rename(stage: Stage, owner: Owner, _: Any, id_: str | None) -> Any:
    return await stage.billing.update_customer(owner, name="Renamed", operation_id=id_)


async def locate(stage: Stage, owner: Owner, _: Any, id_: str | None) -> Any:
    return await stage.billing.update_tax_location(
        owner, country="DE", postal_code="10115", operation_id=id_
    )


async def move(stage: Stage, owner: Owner, _: Any, id_: str | None) -> Any:
    held = await stage.billing.find_customer(owner) or await stage.billing.find_customer(
        Owner(owner.type, f"{owner.id}-new")
    )
    assert held is not None
    heir = Owner(owner.type, f"{owner.id.removesuffix('-new')}-new")
    return await stage.billing.move_customer(held.id, heir, operation_id=id_)


async def comp(stage: Stage, owner: Owner, _: Any, id_: str | None) -> Any:
    return await stage.billing.comp(owner, "pro", operation_id=id_)


async def start_later(stage: Stage, owner: Owner, _: Any, id_: str | None) -> Any:
    anchor = stage.engine.clock.now() + timedelta(days=7)
    outcome = await stage.billing.subscribe(owner, "pro", anchor=anchor, operation_id=id_)
    return outcome.value


def phases(stage: Stage) -> list[Phase]:
    """Return two phases whose ends do not move while the engine's clock stands still."""
    now = stage.engine.clock.now()
    return [
        Phase(plan="pro", until=now + timedelta(days=30)),
        Phase(plan="basic", until=now + timedelta(days=90)),
    ]


async def schedule(stage: Stage, owner: Owner, _: Any, id_: str | None) -> Any:
    outcome = await stage.billing.subscribe_via_schedule(owner, phases(stage), operation_id=id_)
    return outcome.value


async def a_schedule(stage: Stage, owner: Owner) -> str:
    await a_card(stage, owner)
    row = await schedule(stage, owner, None, None)
    return str(row.id)


async def plan_anew(stage: Stage, owner: Owner, of: Any, id_: str | None) -> Any:
    return await stage.billing.update_schedule(
        of, phases(stage)[:1], end_behavior="cancel", operation_id=id_
    )


async def release(stage: Stage, owner: Owner, of: Any, id_: str | None) -> Any:
    return await stage.billing.release_schedule(of, operation_id=id_)


async def end_schedule(stage: Stage, owner: Owner, of: Any, id_: str | None) -> Any:
    return await stage.billing.cancel_schedule(of, operation_id=id_)


CUSTOMER = Mutation("customer", "customers.create", nothing, make_customer)
ADD_CARD = Mutation("add_payment_method", "payment_methods.attach", a_customer, add_card)
SUBSCRIBE = Mutation("subscribe", "subscriptions.create", a_card, subscribe)
CANCEL_NOW = Mutation("cancel now", "subscriptions.cancel", a_subscription, cancelling("now"))
KEEP = Mutation("keep", "subscriptions.keep", an_ending, keep)
MUTATIONS = [
    CUSTOMER,
    ADD_CARD,
    SUBSCRIBE,
    Mutation("create_checkout_session", "checkout.create", a_customer, check_out),
    CANCEL_NOW,
    Mutation("cancel later", "subscriptions.cancel", a_subscription, cancelling("period_end")),
    Mutation("cancel at", "subscriptions.cancel", a_subscription, cancelling("at")),
    KEEP,
    Mutation("swap_plan", "subscriptions.change", a_subscription, swap),
    Mutation("upgrade", "subscriptions.change", a_subscription, upgrade),
    Mutation("add_item", "subscriptions.change", a_subscription, add_item),
    Mutation("extend_trial", "subscriptions.set_trial_end", a_trial, extend_trial),
    Mutation("end_trial", "subscriptions.set_trial_end", a_trial, end_trial),
    Mutation("pause", "subscriptions.pause", a_subscription, pause),
    Mutation("pause all of it", "subscriptions.pause", a_subscription, pause_whole),
    Mutation("resume", "subscriptions.resume", a_pause, resume),
    Mutation("update_customer", "customers.update", a_customer, rename),
    Mutation("update_tax_location", "customers.set_tax_location", a_customer, locate),
    Mutation("move_customer", "customers.assign", a_customer, move),
    Mutation("comp", "subscriptions.create", a_customer, comp),
    Mutation("anchor", "subscriptions.create", a_card, start_later),
    Mutation("schedule", "schedules.create", a_card, schedule),
    Mutation("update_schedule", "schedules.update", a_schedule, plan_anew),
    Mutation("release_schedule", "schedules.release", a_schedule, release),
    Mutation("cancel_schedule", "schedules.cancel", a_schedule, end_schedule),
]
NAMED = [mutation for mutation in MUTATIONS if mutation is not CUSTOMER]
"""Those whose operation id the caller chooses."""


def each(mutations: Sequence[Mutation]) -> pytest.MarkDecorator:
    """Run a test with every mutation on SQLite, and with one of each kind on PostgreSQL.

    What the line does to a call has nothing to do with the database; what is written about it has,
    and is the same for all mutations of one gateway that create, and for all that change.
    """
    kinds = {_kind(mutation): mutation for mutation in reversed(mutations)}
    cases = [
        *(("sqlite", mutation) for mutation in mutations),
        *(("postgres", mutation) for mutation in mutations if mutation in kinds.values()),
    ]
    return pytest.mark.parametrize(
        ("database_kind", "mutation"), cases, indirect=["database_kind"], ids=str
    )


def _kind(mutation: Mutation) -> tuple[str, str]:
    return mutation.method.partition(".")[0], REQUESTS[mutation.method].effect


UNKNOWN = [
    LineFault(
        "lost before",
        lambda s, call: s.lose_next_answer("before", call=call),
        ProcessorUnavailable,
        is_unknown=True,
    ),
    LineFault(
        "lost after",
        lambda s, call: s.lose_next_answer("after", call=call),
        ProcessorUnavailable,
        is_unknown=True,
        has_effect=True,
    ),
    LineFault(
        "answered 500",
        lambda s, call: s.fail_next_call(call=call),
        ProcessorUnavailable,
        is_unknown=True,
    ),
]
NOT_ASKED = [
    LineFault(
        "unreachable",
        lambda s, call: s.cut_next_call(call=call),
        ProcessorUnreachable,
        is_unknown=False,
    ),
    LineFault(
        "rate limited",
        lambda s, call: s.limit_next_call(call=call),
        RateLimited,
        is_unknown=False,
    ),
    LineFault(
        "misconfigured",
        lambda s, call: s.misconfigure_next_call(call=call),
        ProcessorMisconfigured,
        is_unknown=False,
    ),
]


def happened(stage: Stage) -> int:
    """Return how many events and sessions there were: every remote effect makes at least one."""
    counters = stage.engine.books.counters
    return counters.get("evt", 0) + counters.get("cs", 0)


async def undisturbed(stage: Stage, mutation: Mutation) -> int:
    """Do it for another team with nothing going wrong; return how many events it makes."""
    prepared = await mutation.prepare(stage, OTHER_TEAM)
    before = happened(stage)
    await mutation.do(stage, OTHER_TEAM, prepared, None)
    return happened(stage) - before
