"""``/v1/test_helpers/test_clocks``: time passes when somebody says so.

A clock is the engine's: the customers that live by it have a time apart from everybody else's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from accrue_fake.wire.stripe import foreseeing
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.listing import PAGING, page
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.problems import invalid, missing
from accrue_fake.wire.stripe.shapes.facts import TestClockFacts
from accrue_fake.wire.stripe.shapes.keys import gone
from accrue_fake.wire.stripe.shapes.test_clocks import known_clock

FARTHEST = timedelta(days=2 * 366)
"""How far one advance goes: Stripe allows two intervals of the longest subscription."""


def create(desk: Desk, call: Call) -> Json:
    """Make a clock that stands at a moment."""
    params = call.params
    params.only("frozen_time", "name", "customer")
    frozen, customer = _moment(params), desk.customer(params)
    made = desk.engine.clocks.create(
        frozen, name=params.text("name"), customers=() if customer is None else (customer,)
    )
    desk.account.clocks[made.ref] = TestClockFacts(
        ref=made.ref,
        frozen_at=frozen,
        created_at=desk.engine.books.engine_time,
        deletes_at=frozen,
    )
    desk.tell("test_helpers.test_clock.created", "test_clock", made.ref)
    return desk.show("test_helpers.test_clock", made.ref)


def retrieve(desk: Desk, call: Call) -> Json:
    """Return a clock; one that was advancing is ready by now."""
    return desk.show("test_helpers.test_clock", _clock(desk, call))


def listed(desk: Desk, call: Call) -> Json:
    """List clocks."""
    call.params.only(*PAGING)
    refs, show = reversed(desk.engine.books.clocks), desk.shower("test_helpers.test_clock")
    return page(call.params, "/v1/test_helpers/test_clocks", refs, show)


def advance(desk: Desk, call: Call) -> Json:
    """Let time pass. It has passed when this is answered, though Stripe answers before."""
    call.params.only("frozen_time")
    ref, target = _clock(desk, call), _moment(call.params)
    now = desk.engine.clocks.fetch(ref).now
    if target <= now:
        raise invalid(
            f"frozen_time must be after the current frozen time ({int(now.timestamp())}).",
            param="frozen_time",
        )
    if target > now + FARTHEST:
        raise invalid("frozen_time is too far ahead: advance in steps.", param="frozen_time")
    _becomes(desk, ref, target)
    desk.tell("test_helpers.test_clock.advancing", "test_clock", ref)
    answer = desk.show("test_helpers.test_clock", ref)
    foreseeing.advance(desk, ref, target)
    _becomes(desk, ref, None)
    desk.tell("test_helpers.test_clock.ready", "test_clock", ref)
    return answer


def delete(desk: Desk, call: Call) -> Json:
    """Delete a clock, and the customers that live in its time."""
    ref = _clock(desk, call)
    desk.tell("test_helpers.test_clock.deleted", "test_clock", ref)
    desk.engine.clocks.delete(ref)
    desk.account.clocks.pop(ref, None)
    return gone("test_helpers.test_clock", ref)


def _becomes(desk: Desk, ref: str, target: datetime | None) -> None:
    """Say that a clock is on its way, or that it has arrived."""
    clocks = desk.account.clocks
    facts = clocks.get(ref) or known_clock(desk.engine.books.clocks[ref])
    clocks[ref] = replace(facts, target=target)


def _clock(desk: Desk, call: Call) -> str:
    (ref,) = call.names
    if ref not in desk.engine.books.clocks:
        raise missing("test_clock", ref)
    return ref


def _moment(params: Params) -> datetime:
    moment = params.moment("frozen_time")
    if moment is None:
        raise params.missing("frozen_time")
    return moment
