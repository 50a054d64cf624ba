"""What every verb asks for over the wire, request by request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from accrue_core import Owner
from accrue_core.errors import CardDeclined
from tests.faults.mutations import (
    CARD,
    MUTATIONS,
    Mutation,
    a_card,
    a_customer,
    a_subscription,
    cancelling,
    keep,
    nothing,
    resume,
    upgrade,
)
from tests.stage import Stage
from tests.wire.stage import WiredStage


async def a_card_of_the_browser_s(stage: Stage, owner: Owner) -> str:
    """Make a card as a browser does, under a ref of its own."""
    await a_customer(stage, owner)
    assert isinstance(stage, WiredStage)
    given = {"type": "card", "card": {"token": "tok_visa"}}
    status, made = stage.server.do("POST", "/v1/payment_methods", given)
    assert status == 200, made
    return str(made["id"])


async def attach_a_ref(stage: Stage, owner: Owner, card: Any, id_: str | None) -> Any:
    return await stage.billing.add_payment_method(owner, card, operation_id=id_)


async def subscribe_at_once(stage: Stage, owner: Owner, _: Any, id_: str | None) -> Any:
    outcome = await stage.billing.subscribe(
        owner, "pro", payment_method=CARD, operation_id=id_, metadata={"hall": "Elisabeth's"}
    )
    return outcome.value


async def an_end_at_a_date(stage: Stage, owner: Owner) -> str:
    return str((await cancelling("at")(stage, owner, await a_subscription(stage, owner), None)).id)


async def a_trial_at_rest(stage: Stage, owner: Owner) -> str:
    """Let a trial end without a card: its subscription is paused, and then there is a card."""
    outcome = await stage.billing.subscribe(
        owner, "pro", trial=timedelta(days=1), trial_without_card="pause"
    )
    await stage.advance(days=2)
    await a_card(stage, owner)
    return outcome.value.id


async def a_card_that_declines(stage: Stage, owner: Owner) -> str:
    subscription = await a_subscription(stage, owner)
    await stage.billing.add_payment_method(owner, "pm_card_chargeCustomerFail")
    return subscription


async def upgrade_in_vain(stage: Stage, owner: Owner, subscription: Any, id_: str | None) -> Any:
    """Ask for more than the card pays: it is declined, and nothing is changed."""
    with pytest.raises(CardDeclined):
        await upgrade(stage, owner, subscription, id_)
    return await stage.billing.subscription(subscription)


ATTACH_A_REF = Mutation(
    "add a card of the browser's", "payment_methods.attach", a_card_of_the_browser_s, attach_a_ref
)
SUBSCRIBE_AT_ONCE = Mutation(
    "subscribe with a card", "subscriptions.create", nothing, subscribe_at_once
)
UPGRADE_IN_VAIN = Mutation(
    "upgrade in vain", "subscriptions.change", a_card_that_declines, upgrade_in_vain
)
VERBS = [
    *MUTATIONS,
    ATTACH_A_REF,
    SUBSCRIBE_AT_ONCE,
    UPGRADE_IN_VAIN,
    Mutation("keep from a date", "subscriptions.keep", an_end_at_a_date, keep),
    Mutation("resume a trial", "subscriptions.resume", a_trial_at_rest, resume),
]

ALIKE = frozenset({"cancel at", "swap_plan", "add_item", "extend_trial", "anchor", "keep"})
"""Verbs that send the requests of another one, with other values."""

_OF_METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "payment_methods.attach": ("payment_methods.attach", "customers.update"),
        "customers.set_tax_location": ("customers.update",),
        "customers.assign": ("customers.update",),
        "subscriptions.cancel": ("subscriptions.change",),
        "subscriptions.keep": ("subscriptions.change",),
        "subscriptions.set_trial_end": ("subscriptions.change",),
        "subscriptions.pause": ("subscriptions.change",),
        "subscriptions.resume": ("subscriptions.change",),
    }
)
_OF_VERBS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cancel now": ("subscriptions.change", "subscriptions.cancel"),
        "comp": ("coupons.create", "subscriptions.create"),
        "subscribe with a card": (
            "customers.create", "payment_methods.attach", "customers.update",
            "subscriptions.create",
        ),
        "keep from a date": ("subscriptions.change", "subscriptions.change"),
        "pause all of it": ("subscriptions.pause",),
        "resume a trial": ("subscriptions.resume",),
    }
)  # fmt: skip


def requests_of(verb: Mutation) -> tuple[str, ...]:
    """Return the routes that a verb changes something by, in order; a test holds them to be so."""
    return _OF_VERBS.get(verb.name) or _OF_METHODS.get(verb.method) or (verb.method,)


@dataclass(frozen=True)
class Point:
    """One request of a verb; ``nth`` counts those of its route, from 1."""

    verb: Mutation
    call: str
    nth: int

    def __str__(self) -> str:
        return f"{self.verb} - {self.call} {self.nth}"


def points() -> list[Point]:
    """Return every request that may change something, of verbs that are not alike."""
    found = []
    for verb in VERBS:
        calls = () if verb.name in ALIKE else requests_of(verb)
        for number, call in enumerate(calls):
            found.append(Point(verb, call, calls[: number + 1].count(call)))
    return found
