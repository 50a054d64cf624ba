"""Test clocks: time of their own for some customers."""

from __future__ import annotations

from datetime import timedelta

from accrue_fake.engine.clock_records import ClockRecord
from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.shapes.facts import FIRST_DAY, TestClockFacts
from accrue_fake.wire.stripe.shapes.keys import Json, whole
from accrue_fake.wire.stripe.shapes.units import seconds

KEPT = timedelta(days=30)
"""For how long Stripe keeps a test clock."""


def known_clock(record: ClockRecord) -> TestClockFacts:
    """Return what the engine tells about a clock; it keeps one until somebody deletes it."""
    return TestClockFacts(
        ref=record.ref,
        name=record.name,
        frozen_at=record.now,
        created_at=FIRST_DAY,
        deletes_at=record.now + KEPT,
    )


def render_test_clock(_: Engine, record: TestClockFacts) -> Json:
    """Render a test clock: ready, or on the way to a moment."""
    target = record.target
    advancing = None if target is None else {"target_frozen_time": seconds(target)}
    return whole(
        "test_helpers.test_clock",
        {
            "id": record.ref,
            "object": "test_helpers.test_clock",
            "created": seconds(record.created_at),
            "deletes_after": seconds(record.deletes_at),
            "frozen_time": seconds(record.frozen_at),
            "livemode": False,
            "name": record.name,
            "status": "ready" if target is None else "advancing",
            "status_details": {"advancing": advancing},
        },
    )
