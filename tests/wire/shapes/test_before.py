"""Everything that is rendered can be told as each earlier release told it, with the keys it had."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any

import pytest

from accrue_fake.wire.stripe.account import Account
from accrue_fake.wire.stripe.shapes import keys
from accrue_fake.wire.stripe.shapes.before import Before
from accrue_fake.wire.stripe.shapes.past import ids
from accrue_fake.wire.stripe.shapes.versions import PRESENT, RELEASES, release_of
from accrue_fake.wire.stripe.shown import Shown
from tests.wire.shapes.earlier import wrong_in
from tests.wire.shapes.history import a_year, of_the_patient
from tests.wire.shapes.rendered import everything, from_facts

Json = dict[str, Any]

EARLIER = [release for release in RELEASES if release != PRESENT]
OF_EACH = 25
"""How many of each kind of thing, and of each status, are enough."""


@pytest.fixture(scope="module")
def rendered() -> list[tuple[Shown, Json]]:
    found = []
    for engine in (a_year(), of_the_patient()):
        shown = Shown(engine, Account())
        found += [(shown, one) for one in (*everything(engine), *from_facts(engine))]
    seen: Counter[tuple[str, object]] = Counter()
    return list(islice((one for one in found if is_new(one[1], seen)), 10_000))


def is_new(shown: Json, seen: Counter[tuple[str, object]]) -> bool:
    sort = shown["object"], shown.get("status", shown.get("type"))
    seen[sort] += 1
    return seen[sort] <= OF_EACH


def told(rendered: list[tuple[Shown, Json]], release: str) -> list[Json]:
    version = f"{RELEASES[release][0]}.{release}".removesuffix(".")
    return [shown.before(version).told(one) for shown, one in rendered]


@pytest.mark.parametrize("release", EARLIER)
def test_each_release_is_told_in_the_keys_that_it_had(
    rendered: list[tuple[Shown, Json]], release: str
) -> None:
    found = told(rendered, release)

    wrong = Counter(said for one in found for said in wrong_in(release, one["object"], one))
    assert wrong == {}
    assert {one["object"] for one in found} >= {"discount", "payment_intent", "subscription"}
    assert any(one["lines"]["data"] for one in found if one["object"] == "invoice")


def test_at_the_present_release_nothing_is_told_otherwise(
    rendered: list[tuple[Shown, Json]],
) -> None:
    assert told(rendered, PRESENT) == [one for _, one in rendered]


def test_a_walk_finds_what_does_not_fit(rendered: list[tuple[Shown, Json]]) -> None:
    _, subscription = next(one for one in rendered if one[1]["object"] == "subscription")

    wrong = set(wrong_in("acacia", "subscription", subscription))

    assert wrong >= {
        "subscription.current_period_end: missing",
        "subscription.billing_mode: not known then",
        "subscription_item.billed_until: not known then",
    }


@pytest.mark.parametrize(
    ("release", "kind", "path", "of"),
    [
        ("acacia", "invoice", "payment_intent", ["payment_intent"]),
        ("acacia", "invoice", "charge", ["charge"]),
        ("", "invoice", "subscription", ["subscription"]),
        ("basil", "invoice", "parent.subscription_details.subscription", ["subscription"]),
        ("clover", "discount", "source.coupon", ["coupon"]),
    ],
)
def test_an_id_could_be_expanded_to_what_it_was_of(
    release: str, kind: str, path: str, of: list[str]
) -> None:
    assert ids(release, kind)[path] == of


@pytest.mark.parametrize(
    ("release", "kind", "path"),
    [
        ("basil", "invoice", "payment_intent"),
        ("acacia", "invoice", "parent.subscription_details.subscription"),
        ("basil", "discount", "source.coupon"),
    ],
)
def test_what_was_elsewhere_could_not_be_expanded(release: str, kind: str, path: str) -> None:
    assert path not in ids(release, kind)


def test_the_oldest_and_the_newest_version_belong_to_their_releases() -> None:
    assert release_of(keys.API_VERSION) == PRESENT
    assert release_of("2024-06-20") == ""
    assert [release_of(one) for one in ("2025-03-31", "2025-03-31.acacia", "", "basil")] == [
        None
    ] * 4


def test_a_release_that_lacks_what_it_always_had_is_not_told(
    rendered: list[tuple[Shown, Json]],
) -> None:
    shown, customer = next(one for one in rendered if one[1]["object"] == "customer")
    del (broken := dict(customer))["created"]

    with pytest.raises(LookupError, match=r"customer always had created"):
        Before("basil", shown.known).told(broken)
