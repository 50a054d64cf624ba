"""Invoices, which Braintree does not have, from the transactions of a subscription."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue_braintree.translate import invoices as translated
from accrue_braintree.translate.account import Account
from accrue_braintree.translate.invoices import invoices, latest_invoice
from accrue_core.contracts.invoices import (
    InvoiceLineSnapshot,
    InvoicePaymentSnapshot,
    InvoiceSnapshot,
    InvoiceStatus,
)
from accrue_core.contracts.results import UnreadableSnapshot
from accrue_core.errors import UnknownVocabulary
from accrue_core.money import Money
from accrue_core.testing.contracts.invoices import assert_adds_up
from tests.braintree import objects
from tests.braintree.objects import FEBRUARY, JANUARY, MARCH, NOON
from tests.braintree.wire import Wire, braintree, read

DAY = timedelta(days=1)
TEN = Money(1000, "usd")
MONTH = timedelta(days=31)


def built(*transactions: Wire, **changes: object) -> tuple[InvoiceSnapshot, ...]:
    """Return the invoices of a subscription with these transactions, all of them readable."""
    wire = objects.subscription(transactions=list(transactions), **changes)
    found = invoices(read("subscription", wire), Account(), "team42")
    readable = [one for one in found if isinstance(one, InvoiceSnapshot)]
    assert len(readable) == len(found)
    for invoice in readable:
        assert_adds_up(invoice)
    return tuple(readable)


def test_a_paid_period_is_an_invoice() -> None:
    paid_at = NOON + timedelta(minutes=1)
    period = (datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))
    assert built(objects.sale()) == (
        InvoiceSnapshot(
            ref="sub_pro.2027-01-01",
            customer="team42",
            status=InvoiceStatus.PAID,
            subscription="sub_pro",
            currency="usd",
            subtotal=TEN,
            discount=Money(0, "usd"),
            tax=Money(0, "usd"),
            total=TEN,
            amount_due=TEN,
            amount_paid=TEN,
            amount_remaining=Money(0, "usd"),
            lines=(
                InvoiceLineSnapshot(
                    ref="charge1",
                    amount=TEN,
                    price="pro_monthly",
                    period_start=period[0],
                    period_end=period[1],
                ),
            ),
            payments=(
                InvoicePaymentSnapshot(
                    ref="charge1",
                    amount=TEN,
                    status="submitted_for_settlement",
                    payment="charge1",
                    paid_at=paid_at,
                ),
            ),
            attempts=1,
            period_start=period[0],
            period_end=period[1],
            finalized_at=NOON,
            paid_at=paid_at,
            created_at=NOON,
        ),
    )


def test_settling_does_not_change_when_it_was_paid() -> None:
    (submitted,) = built(objects.sale())
    history = ("authorized", "submitted_for_settlement", "settling", "settled")
    (settled,) = built(objects.sale(status="settled", history=history))
    assert settled.paid_at == submitted.paid_at
    assert settled.payments[0].status == "settled"


@pytest.mark.parametrize(
    ("word", "status"),
    [(word, InvoiceStatus.PAID) for word in sorted(translated.COLLECTED)]
    + [(word, InvoiceStatus.OPEN) for word in sorted(translated.WAITING | translated.FAILED)]
    + [(word, InvoiceStatus.VOID) for word in sorted(translated.VOIDED)],
)
def test_every_status_of_a_charge_decides_what_is_owed(word: str, status: InvoiceStatus) -> None:
    (invoice,) = built(objects.sale(status=word))
    assert invoice.status == status
    assert invoice.amount_remaining == (Money(0, "usd") if status == InvoiceStatus.PAID else TEN)
    assert (invoice.paid_at is None) == (status != InvoiceStatus.PAID)
    assert (invoice.voided_at is None) == (status != InvoiceStatus.VOID)


def test_the_statuses_are_those_that_the_sdk_knows() -> None:
    words = [word for name, word in vars(braintree.Transaction.Status).items() if name[0].isupper()]
    groups = [translated.COLLECTED, translated.WAITING, translated.FAILED, translated.VOIDED]
    assert sorted(word for group in groups for word in group) == sorted(words)


def test_an_unknown_status_makes_that_invoice_unreadable_and_no_other() -> None:
    february = objects.sale("c2", "teleported", period=FEBRUARY, after=MONTH)
    wire = objects.subscription(transactions=[february, objects.sale()])
    second, first = invoices(read("subscription", wire), Account(), "team42")
    assert second == UnreadableSnapshot("invoice", "sub_pro.2027-02-01", "teleported")
    assert isinstance(first, InvoiceSnapshot)


def test_each_period_has_its_own_newest_first() -> None:
    transactions = [
        objects.sale("c3", period=MARCH, after=2 * MONTH),
        objects.sale("c1"),
        objects.sale("c2", period=FEBRUARY, after=MONTH),
    ]
    found = built(*transactions)
    assert [invoice.ref for invoice in found] == [
        "sub_pro.2027-03-01",
        "sub_pro.2027-02-01",
        "sub_pro.2027-01-01",
    ]
    wire = objects.subscription(transactions=transactions)
    assert latest_invoice(read("subscription", wire)) == "sub_pro.2027-03-01"


def test_without_a_charge_there_is_no_invoice() -> None:
    assert built() == ()
    assert latest_invoice(read("subscription", objects.trial())) is None


def test_a_declined_charge_is_owed_once_however_often_it_was_tried() -> None:
    tries = [objects.sale(f"c{i}", "processor_declined", after=i * DAY) for i in range(3)]
    (invoice,) = built(*reversed(tries), status="Past Due")
    assert (invoice.status, invoice.attempts) == (InvoiceStatus.OPEN, 3)
    assert (invoice.total, invoice.amount_remaining) == (TEN, TEN)
    assert [line.ref for line in invoice.lines] == ["c2"]
    assert [payment.ref for payment in invoice.payments] == ["c0", "c1", "c2"]
    assert [payment.paid_at for payment in invoice.payments] == [None] * 3


def test_a_retry_that_goes_through_pays_it() -> None:
    declined = objects.sale("c0", "processor_declined")
    (invoice,) = built(objects.sale("c1", after=DAY), declined)
    assert (invoice.status, invoice.attempts, invoice.total) == (InvoiceStatus.PAID, 2, TEN)
    assert [line.ref for line in invoice.lines] == ["c1"]
    assert invoice.paid_at == NOON + DAY + timedelta(minutes=1)


def test_a_proration_is_another_line_of_its_period() -> None:
    (invoice,) = built(objects.sale("c1", after=10 * DAY, amount="3.50"), objects.sale("c0"))
    assert (invoice.status, invoice.total) == (InvoiceStatus.PAID, Money(1350, "usd"))
    assert [line.amount.minor for line in invoice.lines] == [1000, 350]


@pytest.mark.parametrize(
    ("word", "status", "remaining"),
    [
        ("Active", InvoiceStatus.PAID, 0),
        ("Past Due", InvoiceStatus.OPEN, 350),
        ("Canceled", InvoiceStatus.PAID, 0),
    ],
)
def test_a_declined_proration_is_owed_only_while_the_subscription_is_past_due(
    word: str, status: InvoiceStatus, remaining: int
) -> None:
    declined = objects.sale("c1", "gateway_rejected", after=10 * DAY, amount="3.50")
    (invoice,) = built(declined, objects.sale("c0"), status=word)
    assert (invoice.status, invoice.amount_remaining.minor) == (status, remaining)
    assert invoice.attempts == 2


def test_a_decline_before_a_success_is_not_owed_though_the_subscription_is_past_due() -> None:
    declined = objects.sale("c0", "processor_declined")
    (invoice,) = built(declined, objects.sale("c1", after=DAY), status="Past Due")
    assert invoice.status == InvoiceStatus.PAID


def test_only_the_latest_period_is_past_due() -> None:
    declined = objects.sale("c1", "processor_declined", after=DAY, amount="3.50")
    unpaid = objects.sale("c2", "processor_declined", period=FEBRUARY, after=MONTH)
    second, first = built(unpaid, declined, objects.sale("c0"), status="Past Due")
    assert (second.status, first.status) == (InvoiceStatus.OPEN, InvoiceStatus.PAID)


def test_what_was_declined_is_owed_though_a_later_charge_was_taken_back() -> None:
    declined = objects.sale("c0", "processor_declined")
    (invoice,) = built(declined, objects.sale("c1", "voided", after=DAY))
    assert invoice.status == InvoiceStatus.OPEN
    assert [line.ref for line in invoice.lines] == ["c0"]


def test_a_charge_of_an_earlier_period_that_still_waits_keeps_it_open() -> None:
    later = objects.sale("c1", period=FEBRUARY, after=MONTH)
    _, first = built(later, objects.sale("c0", "authorized"))
    assert first.status == InvoiceStatus.OPEN


def test_a_period_ends_with_the_last_day_that_any_of_its_charges_names() -> None:
    short = objects.sale("c0", period=(JANUARY[0], date(2027, 1, 30)))
    (invoice,) = built(short, objects.sale("c1", after=DAY))
    assert invoice.period_end == datetime(2027, 2, 1, tzinfo=UTC)
    assert invoice.lines[0].period_end == datetime(2027, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Past Due", InvoiceStatus.OPEN),
        ("Active", InvoiceStatus.VOID),
        ("Canceled", InvoiceStatus.UNCOLLECTIBLE),
        ("Expired", InvoiceStatus.UNCOLLECTIBLE),
    ],
)
def test_an_earlier_period_that_was_not_paid_follows_the_subscription(
    word: str, status: InvoiceStatus
) -> None:
    unpaid = objects.sale("c0", "processor_declined")
    later = objects.sale("c1", period=FEBRUARY, after=MONTH, amount="20.00")
    _, first = built(later, unpaid, status=word)
    assert (first.status, first.amount_remaining) == (status, TEN)
    assert (first.paid_at, first.voided_at) == (None, None)


def test_a_charge_that_is_still_being_authorized_is_open_even_when_all_is_over() -> None:
    (invoice,) = built(objects.sale(status="authorizing"), status="Canceled")
    assert invoice.status == InvoiceStatus.OPEN


def test_a_settlement_that_was_declined_opens_the_invoice_again() -> None:
    history = ("submitted_for_settlement", "settlement_declined")
    (invoice,) = built(objects.sale(status="settlement_declined", history=history))
    assert (invoice.status, invoice.amount_paid.minor) == (InvoiceStatus.OPEN, 0)


def test_a_charge_that_was_taken_back_voids_the_invoice() -> None:
    history = ("authorized", "submitted_for_settlement", "voided")
    (invoice,) = built(objects.sale(status="voided", history=history))
    assert invoice.status == InvoiceStatus.VOID
    assert invoice.voided_at == NOON + timedelta(minutes=2)


def test_a_charge_that_was_taken_back_is_no_line_beside_one_that_was_not() -> None:
    (invoice,) = built(objects.sale("c1", "voided", after=DAY), objects.sale("c0"))
    assert [line.ref for line in invoice.lines] == ["c0"]
    assert [payment.status for payment in invoice.payments] == [
        "submitted_for_settlement",
        "voided",
    ]


def test_a_refund_changes_no_invoice() -> None:
    assert built(objects.refund(after=DAY), objects.sale()) == built(objects.sale())


def test_a_charge_that_names_no_period_belongs_to_none() -> None:
    stray = objects.sale("stray", period=None, after=DAY)
    assert built(stray, objects.sale()) == built(objects.sale())


def test_the_order_of_the_list_does_not_matter() -> None:
    one, two = objects.sale("b", after=DAY), objects.sale("a", "failed")
    assert built(one, two) == built(two, one)


def sales(count: int) -> list[Wire]:
    """Return charges of as many months, newest first, as Braintree lists them."""
    months = [date(2027 + i // 12, 1 + i % 12, 1) for i in range(count)]
    return [
        objects.sale(f"c{i}", period=(day, day + timedelta(days=27)), after=i * MONTH)
        for i, day in reversed(list(enumerate(months)))
    ]


def test_a_list_that_may_have_been_cut_keeps_its_oldest_period_to_itself() -> None:
    complete = sales(30)
    cut = complete[:20]
    assert len(built(*complete)) == 30
    assert [one.ref for one in built(*cut)] == [one.ref for one in built(*complete)[:19]]
    assert len(built(*complete[:19])) == 19


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "gift"},
        {"type": None},
        {"id": None},
        {"status": None},
        {"created_at": None},
        {
            "subscription": {
                "billing_period_start_date": JANUARY[0],
                "billing_period_end_date": None,
            }
        },
    ],
)
def test_a_charge_of_another_shape_is_refused(changes: Wire) -> None:
    with pytest.raises(UnknownVocabulary, match=r"subscription\.transactions\[0\]"):
        built(objects.sale(**changes))


WORDS = sorted(translated.COLLECTED | translated.WAITING | translated.FAILED | translated.VOIDED)
CHARGES = st.lists(
    st.tuples(
        st.sampled_from(WORDS),
        st.sampled_from([JANUARY, FEBRUARY, MARCH]),
        st.integers(0, 5),
        st.decimals("0.01", "999.99", places=2),
    ),
    max_size=6,
)


@given(CHARGES, st.sampled_from(["Active", "Past Due", "Canceled", "Expired", "Pending"]))
def test_every_invoice_adds_up_and_is_as_paid_as_it_says(
    charges: list[tuple[str, tuple[date, date], int, object]], word: str
) -> None:
    transactions = [
        objects.sale(f"c{i}", status, period=period, after=days * DAY, amount=str(amount))
        for i, (status, period, days, amount) in enumerate(charges)
    ]
    found = built(*transactions, status=word)
    assert {one.period_start for one in found} == {
        datetime(period[0].year, period[0].month, 1, tzinfo=UTC) for _, period, _, _ in charges
    }
    assert sum(len(one.payments) for one in found) == len(charges)
    for invoice in found:
        collected = [p for p in invoice.payments if p.status in translated.COLLECTED]
        assert invoice.amount_paid.minor == sum(p.amount.minor for p in collected)
        assert (invoice.status == InvoiceStatus.PAID) == (not invoice.amount_remaining)
        assert invoice.amount_remaining.minor >= 0
        assert {line.ref for line in invoice.lines} <= {p.ref for p in invoice.payments}
        assert invoice.status != InvoiceStatus.DRAFT
