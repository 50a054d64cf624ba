"""Owners, actors, moments and capabilities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_core.actors import SYSTEM, Actor
from accrue_core.clock import SystemClock, utc
from accrue_core.contracts.capabilities import (
    NATIVE,
    TEST_ONLY,
    UNSUPPORTED,
    Capability,
    Support,
    SupportLevel,
    bounded,
    require,
)
from accrue_core.contracts.handlers import wants
from accrue_core.contracts.routes import Mount
from accrue_core.errors import ConfigurationError, InvalidRequest, UnsupportedCapability
from accrue_core.owners import BillingContact, Owner, contact_of, owner_of


class Team:
    def billing_owner(self) -> Owner:
        return Owner("team", "42")

    def billing_contact(self) -> BillingContact:
        return BillingContact(name="Team", email="team@example.com")


@pytest.mark.parametrize(
    ("type_", "id_"),
    [("", "1"), ("team", ""), ("t" * 41, "1"), ("team", "1" * 201), (1, "1"), ("team", 1),
     ("te:am", "1"), (None, "1"), ("team", None)],
)  # fmt: skip
def test_an_owner_is_two_short_texts(type_: Any, id_: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"an owner's (type|id)"):
        Owner(type_, id_)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters=":\x00"), min_size=1, max_size=40),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=200),
)
def test_no_two_owners_are_written_the_same(type_: str, id_: str) -> None:
    head, _, tail = str(Owner(type_, id_)).partition(":")
    assert (head, tail) == (type_, id_)


def test_an_owner_is_taken_from_a_billable_and_a_bare_owner_has_no_contact() -> None:
    owner = Owner("team", "42")
    assert owner_of(Team()) == owner == owner_of(owner)
    assert contact_of(Team()) == BillingContact(name="Team", email="team@example.com")
    assert contact_of(owner) == BillingContact()
    for other in ("team:42", ("team", "42"), None):
        with pytest.raises(InvalidRequest, match=r"an Owner or an object with billing_owner\(\)"):
            owner_of(other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "id_"), [("admin", "1"), ("", ""), ("user", "a@example.com"), ("user", "1" * 201)]
)
def test_an_actor_is_a_known_kind_and_never_an_address(kind: Any, id_: str) -> None:
    with pytest.raises(InvalidRequest, match="an actor"):
        Actor(kind, id_)


def test_an_actor_is_written_with_its_id_when_it_has_one() -> None:
    assert str(Actor("operator", "17")) == "operator:17"
    assert str(SYSTEM) == "system"
    longest = max(len(kind) for kind in ("user", "operator", "webhook", "job", "system"))
    assert longest + 1 + 200 <= 220, "an operation's actor column holds 220 characters"


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_a_moment_in_any_zone_is_the_same_moment_in_utc(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert utc(moment) == moment
    assert utc(moment).tzinfo is UTC


@pytest.mark.parametrize("moment", [datetime(2026, 1, 1), "2026-01-01", None, 5])  # noqa: DTZ001
def test_a_moment_without_a_zone_is_refused_by_name(moment: Any) -> None:
    with pytest.raises(
        InvalidRequest, match=r"the end of a trial needs a timezone: write datetime"
    ):
        utc(moment, name="the end of a trial")


def test_the_machines_clock_is_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


@pytest.mark.parametrize("capability", Capability)
def test_only_what_is_declared_may_be_asked_for(capability: Capability) -> None:
    for support in (NATIVE, TEST_ONLY, bounded("at most 10 items")):
        require({capability: support}, capability, processor="fake")
    for table in ({}, {capability: UNSUPPORTED}):
        with pytest.raises(
            UnsupportedCapability, match=f"the fake processor does not support {capability}"
        ):
            require(table, capability, processor="fake")


def test_bounded_support_says_what_its_bounds_are() -> None:
    with pytest.raises(ConfigurationError, match="in words"):
        Support(SupportLevel.BOUNDED)
    assert str(bounded("at most 10 items")) == "bounded: at most 10 items"
    assert str(NATIVE) == "native"


def test_a_handler_wants_its_own_types_or_all() -> None:
    assert wants(frozenset({"*"}), "invoice.paid")
    assert wants(frozenset({"invoice.paid"}), "invoice.paid")
    assert not wants(frozenset({"invoice.*", "invoice"}), "invoice.paid")
    assert not wants(frozenset(), "invoice.paid")


@pytest.mark.parametrize("path", ["admin", "/admin/", "/", "", "//admin", "/a//b"])
def test_a_mount_has_a_plain_path(path: str) -> None:
    with pytest.raises(ConfigurationError, match="looks like /admin"):
        Mount(path, app=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"])
def test_text_that_no_database_can_keep_is_refused(text: str) -> None:
    for owner in (("team", text), (text, "1")):
        with pytest.raises(InvalidRequest, match="cannot be stored"):
            Owner(*owner)
