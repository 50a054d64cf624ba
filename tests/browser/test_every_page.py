"""Every page that anybody can reach by links, judged in light and dark, on a desk and a phone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.browser.conftest import Visit
from tests.browser.crawl import walk
from tests.browser.host import RunningHost
from tests.browser.visitor import Visitor

NOWHERE = "no-such-page"
PORTAL, ADMIN, HOSTED = "/billing/portal", "/billing/admin", "/billing/fake"

MEMBERS = ("Sofia Reyes", "Ines Moreau", "Tomasz Nowak", "Amara Okafor", "Lucas Brandt")
"""Free, paid, on trial, owing, leaving: the same pages in five states."""


def test_what_a_stranger_finds(quiet_host: RunningHost, visit: Visit) -> None:
    stranger = visit(quiet_host)
    typed = ("/", "/plans", "/reports", f"/{NOWHERE}", PORTAL, ADMIN, f"{HOSTED}/{NOWHERE}")

    seen = judged_on_a_walk(stranger, typed)

    assert set(typed) <= seen


@pytest.mark.parametrize("member", MEMBERS)
def test_what_a_member_finds(quiet_host: RunningHost, visit: Visit, *, member: str) -> None:
    visitor = visit(quiet_host)
    visitor.signs_in_as(member)

    typed = ("/", f"/{NOWHERE}", PORTAL, f"{PORTAL}/{NOWHERE}", ADMIN)
    seen = judged_on_a_walk(visitor, typed, is_member=True)

    assert {"/plans", "/settings", "/reports", PORTAL} <= seen


def test_what_an_operator_finds(quiet_host: RunningHost, visit: Visit) -> None:
    operator = visit(quiet_host)
    operator.signs_in_as("Noor Haddad")

    typed = ("/", ADMIN, f"{ADMIN}/{NOWHERE}", PORTAL)
    seen = judged_on_a_walk(operator, typed)

    sections = ("customers", "subscriptions", "invoices", "webhooks", "ledger", "operations")
    assert {f"{ADMIN}/{section}" for section in sections} <= seen


def judged_on_a_walk(
    visitor: Visitor, typed: Sequence[str], *, is_member: bool = False
) -> set[str]:
    """Judge every page on the visitor's way, and return the shapes of all."""
    seen = set()
    for shape in walk(visitor, typed, is_member=is_member):
        visitor.looks_around(shape)
        seen.add(shape)
    return seen
