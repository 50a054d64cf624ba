"""One sentence says what is different from the amounts that somebody has seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from accrue_admin.moved import read_shown, shown_in, what_moved
from accrue_core import Money
from accrue_core.billing.subscriptions.change_preview import ChangePreview

NOTHING = Money(0, "usd")
PREVIEW = ChangePreview(
    subscription_id="asub_1",
    proration="always_invoice",
    proration_at=datetime(2026, 3, 10, tzinfo=UTC),
    currency="usd",
    lines=(),
    subtotal=Money(750, "usd"),
    discount=NOTHING,
    tax=NOTHING,
    total=Money(750, "usd"),
    amount_due=Money(750, "usd"),
    due_now=True,
    token="1.x",  # noqa: S106 a name for what was shown
)


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        ("1000.usd.now", "The amount due was $10.00, and is $7.50 now."),
        ("750.usd.later", "$7.50 was due with the next invoice; now it is $7.50, at once."),
        ("750.usd.now", "The amount due is still $7.50, but it is made up of other lines"),
        ("", "The amounts have changed since they were shown."),
        ("x.usd.now", "The amounts have changed since they were shown."),
        ("750.gold.now", "The amounts have changed since they were shown."),
        ("9" * 400, "The amounts have changed since they were shown."),
    ],
)
def test_what_has_moved_is_said_in_a_sentence(shown: str, sentence: str) -> None:
    assert what_moved(read_shown(shown), PREVIEW).startswith(sentence)


def test_what_is_due_later_now_is_said_to_be() -> None:
    later = replace(PREVIEW, due_now=False)

    assert what_moved(read_shown("750.usd.now"), later) == (
        "$7.50 was due at once; now it is $7.50, with the next invoice."
    )


def test_what_was_shown_comes_back_as_it_was() -> None:
    for preview in (PREVIEW, replace(PREVIEW, due_now=False)):
        assert read_shown(str(shown_in(preview))) == shown_in(preview)
