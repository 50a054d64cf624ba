"""The words: every status has some, and none of them is a processor's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.money import Money
from accrue_portal.account import Holding
from accrue_portal.bills import bill_of
from accrue_portal.costs import Cost, cost_of, every
from accrue_portal.endings import ending_of
from accrue_portal.names import NAMELESS, Name, line_of, method_of
from accrue_portal.powers import Powers
from accrue_portal.views import View, view_of
from tests.portal.house import CATALOG
from tests.portal.rows import (
    ALL,
    JARGON,
    MONTH_ENDS,
    NOW,
    a_card,
    a_holding,
    a_line,
    a_subscription,
    an_invoice,
)


def all_holdings() -> Iterator[Holding]:
    """Every status, with every kind of end, debt, pause, collection, name and power."""
    ends: tuple[dict[str, object], ...] = (
        {},
        {"cancel_at_period_end": True, "cancel_at": MONTH_ENDS},
        {"cancel_at_period_end": True},
        {"cancel_at": NOW - timedelta(days=1)},
        {"gone_at": NOW},
        {"unreadable": "hibernating"},
        {"pending_until": MONTH_ENDS},
        {"schedule": "sub_sched_1"},
        {"schedule": "sub_sched_1", "cancel_at": MONTH_ENDS},
    )
    debts = (None, an_invoice(), an_invoice(attempts=1, next_attempt_at=MONTH_ENDS, number=None))
    powers = (ALL, Powers(), replace(ALL, can_end_later=False), replace(ALL, can_keep=False))
    for status, end, debt, power, paused, collection, name in itertools.product(
        SubscriptionStatus,
        ends,
        debts,
        powers,
        (None, "void"),
        ("charge", "invoice"),
        (Name("Pro", "Pro"), NAMELESS),
    ):
        over = {"ended_at": NOW} if status == SubscriptionStatus.CANCELED else {}
        changes = {"collection_paused": paused, "collection": collection, **over, **end}
        subscription = a_subscription(status=status, **changes)
        yield a_holding(subscription, debt=debt, powers=power, name=name)


def words_of(view: View) -> list[str]:
    ending = ending_of(view.holding)
    return [
        view.standing.word,
        view.standing.headline,
        *view.standing.sentences,
        view.note,
        *(ending.consequences if ending is not None else ()),
        *itertools.chain(*view.facts),
    ]


def test_nothing_is_ever_said_in_a_processors_words() -> None:
    views = [view_of(holding) for holding in all_holdings()]
    said = {sentence for view in views for sentence in words_of(view) if sentence}

    assert {view.standing.tone for view in views} == {"good", "notice", "bad", "quiet"}
    assert [sentence for sentence in said if JARGON.search(sentence)] == []
    assert [sentence for sentence in said if "  " in sentence or ".." in sentence] == []


def test_what_is_offered_makes_sense() -> None:
    for holding in all_holdings():
        view = view_of(holding)
        is_ending = holding.is_ending
        assert not (view.can_cancel and view.can_keep)
        assert not (view.can_cancel and (is_ending or holding.is_over))
        assert view.can_keep <= (is_ending and holding.powers.can_keep)
        if holding.is_over:
            assert (view.can_cancel, view.can_keep, view.note) == (False, False, "")
            assert view.standing.tone == "quiet"
        if holding.powers == Powers() or holding.subscription.is_scheduled:
            assert not view.can_cancel
            assert not view.can_keep
        ending = ending_of(holding)
        if ending is not None and ending.when == "now":
            assert "This cannot be undone" in ending.consequences[-1]


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-01-01", "2026-02-01", "a month"),
        ("2026-01-31", "2026-02-28", "a month"),
        ("2026-02-28", "2026-03-31", "a month"),
        ("2026-01-15", "2026-04-15", "every 3 months"),
        ("2024-02-29", "2025-02-28", "a year"),
        ("2026-01-01", "2028-01-01", "every 2 years"),
        ("2026-01-05", "2026-01-12", "a week"),
        ("2026-01-05", "2026-01-19", "every 2 weeks"),
        ("2026-01-05", "2026-01-06", "a day"),
        ("2026-01-01", "2026-01-11", "every 10 days"),
        ("2026-01-01T10:00", "2026-02-01T11:00", None),
        ("2026-01-01T10:00", "2026-01-02T11:00", None),
        ("2026-01-01", "2026-01-01", None),
        ("2026-02-01", "2026-01-01", None),
        ("2026-01-30", "2026-03-29", "every 58 days"),
    ],
)
def test_a_period_is_named_as_prices_name_it(start: str, end: str, words: str | None) -> None:
    moments = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (start, end)]

    assert every(*moments) == words


def test_what_it_costs_is_said_only_when_an_invoice_says_it() -> None:
    other = a_line(period_end=datetime(2026, 3, 8, tzinfo=UTC))
    unclear = [
        an_invoice(discount_minor=500),
        an_invoice(lines=(a_line(is_proration=True),)),
        an_invoice(lines=(a_line(), other)),
        an_invoice(lines=()),
        an_invoice(lines=(a_line(period_start=None),)),
    ]
    passed_over = [
        an_invoice(status=InvoiceStatus.VOID),
        an_invoice(status=InvoiceStatus.DRAFT),
        an_invoice(billing_reason="manual"),
        an_invoice(billing_reason=None),
        an_invoice(total_minor=0),
    ]
    monthly = Cost(Money(2000, "usd"), "a month")

    assert cost_of([an_invoice()]) == monthly
    assert cost_of([*passed_over, an_invoice()]) == monthly
    assert [cost_of([one, an_invoice()]) for one in unclear] == [None] * len(unclear)
    assert cost_of([]) is None


@pytest.mark.parametrize(
    ("changes", "words", "expires", "is_expired"),
    [
        ({}, "Visa ending in 4242", "03/2026", False),
        ({"exp_month": 2}, "Visa ending in 4242", "02/2026", True),
        ({"exp_year": 2025, "exp_month": 12}, "Visa ending in 4242", "12/2025", True),
        ({"brand": "amex"}, "American Express ending in 4242", "03/2026", False),
        ({"brand": "some_new_card"}, "Some new card ending in 4242", "03/2026", False),
        (
            {"brand": None, "type": "sepa_debit", "exp_month": None, "exp_year": None},
            "SEPA Direct Debit ending in 4242",
            "",
            False,
        ),
        ({"last4": None}, "Visa", "03/2026", False),
    ],
)
def test_a_payment_method_is_named(
    changes: dict[str, object], words: str, expires: str, is_expired: bool
) -> None:
    method = method_of(a_card(**changes), NOW)

    assert (method.words, method.expires, method.is_expired) == (words, expires, is_expired)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Pro plan"),
        ({"description": "3 × price_pro"}, "Pro"),
        ({"description": "Unused time on Pro after 3 Mar"}, "Unused time on Pro after 3 Mar"),
        ({"description": None}, "Pro"),
        ({"description": None, "price": None}, "Subscription"),
        ({"description": "12 × price_x", "price": "price_x"}, "Subscription"),
    ],
)
def test_a_line_is_named(changes: dict[str, object], words: str) -> None:
    assert line_of(a_line(**changes), "fake", CATALOG) == words


PAID = {"status": InvoiceStatus.PAID, "amount_remaining_minor": 0, "paid_at": NOW}


@pytest.mark.parametrize(
    ("changes", "word", "sentence"),
    [
        ({}, "To be paid", "$20.00 is due."),
        ({"due_at": MONTH_ENDS}, "To be paid", "$20.00 is due on 1 April 2026."),
        ({"due_at": NOW - timedelta(days=1)}, "Overdue", "$20.00 was due on 2 March 2026."),
        ({"attempts": 1}, "Not paid yet", "The payment is not complete. $20.00 is due."),
        (
            {"attempts": 1, "next_attempt_at": MONTH_ENDS},
            "Payment failed",
            "We try the payment method on file again on 1 April 2026, for $20.00.",
        ),
        (PAID, "Paid", "Paid on 3 March 2026. Thank you."),
        ({**PAID, "amount_due_minor": 0}, "Nothing to pay", "There is nothing to pay."),
        ({"status": InvoiceStatus.VOID}, "Canceled", "It was canceled: there is nothing to pay."),
        (
            {"status": InvoiceStatus.UNCOLLECTIBLE},
            "Not paid",
            "It was not paid, and we no longer expect it to be.",
        ),
        ({"unreadable": "x"}, "Being checked", "We are checking how this invoice stands."),
    ],
)
def test_an_invoice_says_how_it_stands(
    changes: dict[str, object], word: str, sentence: str
) -> None:
    bill = bill_of(an_invoice(**changes), CATALOG, NOW)

    assert (bill.word, bill.sentence) == (word, sentence)


def test_the_totals_of_an_invoice_add_up_before_ones_eyes() -> None:
    invoice = an_invoice(
        subtotal_minor=2000,
        discount_minor=500,
        tax_minor=285,
        total_minor=1785,
        amount_due_minor=1700,
        amount_paid_minor=700,
        amount_remaining_minor=1000,
    )

    rows = bill_of(invoice, CATALOG, NOW).totals

    assert [(row.title, row.amount.minor) for row in rows] == [
        ("Subtotal", 2000),
        ("Discount", -500),
        ("Tax", 285),
        ("Total", 1785),
        ("Credit", -85),
        ("Paid", 700),
        ("Still to be paid", 1000),
    ]
