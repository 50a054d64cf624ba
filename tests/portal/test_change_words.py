"""What is said of a change, and to whom one is offered at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from accrue_core import Money
from accrue_core.billing.subscriptions.change_preview import ChangePreview
from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_portal.costs import Cost, cost_in
from accrue_portal.moved import shown_in, what_moved
from accrue_portal.offers import may_change, may_pause, may_resume
from tests.portal.rows import ALL, MONTH_ENDS, NOW, a_holding, a_subscription

NOTHING = Money(0, "usd")
LINE = InvoiceLineSnapshot(
    ref="il_1",
    amount=Money(2000, "usd"),
    period_start=MONTH_ENDS,
    period_end=datetime(2026, 5, 1, tzinfo=UTC),
)
REST = replace(LINE, amount=Money(-500, "usd"), is_proration=True)
PREVIEW = ChangePreview(
    subscription_id="asub_1",
    proration="none",
    proration_at=NOW,
    currency="usd",
    lines=(LINE,),
    subtotal=Money(2000, "usd"),
    discount=NOTHING,
    tax=NOTHING,
    total=Money(2000, "usd"),
    amount_due=Money(2000, "usd"),
    due_now=False,
    token="1.x",  # noqa: S106 a name for what was shown
)
ABLE = replace(ALL, can_change=True, can_pause=True)


@pytest.mark.parametrize(
    ("changes", "amount"),
    [
        ({}, 2000),
        ({"tax": Money(400, "usd"), "total": Money(2400, "usd")}, 2400),
        ({"lines": (REST, LINE)}, 2000),
        ({"lines": (LINE, LINE), "total": Money(4000, "usd")}, 4000),
        ({"lines": (REST,)}, None),
        ({"lines": ()}, None),
        ({"discount": Money(500, "usd"), "total": Money(1500, "usd")}, None),
        ({"lines": (REST, LINE), "tax": Money(400, "usd")}, None),
        ({"lines": (LINE, replace(LINE, period_end=NOW))}, None),
        ({"total": NOTHING}, None),
    ],
)
def test_what_it_costs_from_then_on_is_said_only_when_it_is_certain(
    changes: dict[str, object], amount: int | None
) -> None:
    cost = None if amount is None else Cost(Money(amount, "usd"), "a month")

    assert cost_in(replace(PREVIEW, **changes)) == cost  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "is_offered"),
    [
        ({}, True),
        ({"status": SubscriptionStatus.TRIALING}, True),
        ({"status": SubscriptionStatus.PAST_DUE}, False),
        ({"status": SubscriptionStatus.INCOMPLETE}, False),
        ({"status": SubscriptionStatus.CANCELED, "ended_at": NOW}, False),
        ({"cancel_at": MONTH_ENDS}, False),
        ({"pending_until": MONTH_ENDS}, False),
        ({"collection_paused": "void"}, False),
        ({"schedule": "sub_sched_1"}, False),
        ({"unreadable": "hibernating"}, False),
        ({"gone_at": NOW}, False),
    ],
)
def test_a_change_is_offered_only_where_it_can_be_made(
    changes: dict[str, object], is_offered: bool
) -> None:
    assert may_change(a_holding(a_subscription(**changes), powers=ABLE)) is is_offered
    assert not may_change(a_holding(a_subscription(**changes)))


def test_a_pause_is_begun_once_and_ended_once() -> None:
    running = a_holding(a_subscription(), powers=ABLE)
    paused = a_holding(a_subscription(collection_paused="void"), powers=ABLE)
    over = a_holding(
        a_subscription(status=SubscriptionStatus.CANCELED, ended_at=NOW, collection_paused="void"),
        powers=ABLE,
    )

    assert (may_pause(running), may_resume(running)) == (True, False)
    assert (may_pause(paused), may_resume(paused)) == (False, True)
    assert (may_pause(over), may_resume(over)) == (False, False)


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        ("1500.usd.later", "What is due was $15.00, and is $20.00 now."),
        ("2000.usd.later", "What is due is still $20.00, but it counts from a later moment."),
        ("2000.usd.now", "$20.00 was due now; now it is $20.00, due later."),
        ("-", "The amounts are others than those you have seen."),
        ("2000.gold.now", "The amounts are others than those you have seen."),
    ],
)
def test_what_has_moved_is_said_in_a_sentence(shown: str, sentence: str) -> None:
    assert what_moved(shown, PREVIEW) == sentence
    assert what_moved(shown_in(PREVIEW), PREVIEW).startswith("What is due is still")
