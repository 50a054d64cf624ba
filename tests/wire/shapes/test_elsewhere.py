"""What Stripe has besides, and nothing that is known here."""

from __future__ import annotations

import re
from pathlib import Path

import stripe

from accrue_fake.wire.stripe import elsewhere
from accrue_fake.wire.stripe.shapes.parameters import routes

_PATH = re.compile(r'"(/v[12]/[^"]+)"')
_ID = re.compile(r"\{[^{}]*\}")


def test_it_is_what_the_sdk_has_and_no_route_is_for() -> None:
    services = Path(str(stripe.__file__)).parent.rglob("*_service.py")
    written = {path for one in services for path in _PATH.findall(one.read_text(encoding="utf-8"))}
    there = {_ID.sub("x_1", path) for path in written}
    known = {_ID.sub("x_1", route.partition(" ")[2]) for route in routes()}

    assert len(there) > 400, "the SDK was read"
    assert [path for path in sorted(there - known) if not elsewhere.has(path)] == []
    assert [path for path in sorted(known) if elsewhere.has(path)] == []


def test_nonsense_is_nowhere() -> None:
    assert [
        path
        for path in ("/", "/v1", "/v1/nonsense", "/v2", "/v3/refunds", "/refunds")
        if elsewhere.has(path)
    ] == []
