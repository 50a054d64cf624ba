"""Invoices, which Braintree does not have: built from a subscription's transactions.

There is one for each billing period in which something was charged, named after both:
``<subscription>.<first day of the period>``. Its lines are the charges of that period, whole,
since Braintree says neither what they are made of nor how much of them is tax or discount.
Refunds do not change an invoice. A charge that names no billing period belongs to none.

What a period owes is read from how its charges went: a charge that was declined is owed until
another one goes through. What an earlier period did not pay is carried into later charges; once
the subscription owes nothing, that invoice is void, and once it is over, uncollectible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accrue_braintree.translate.account import Account
from accrue_braintree.translate.amounts import currency, money
from accrue_braintree.translate.reading import Reader, refuse
from accrue_core.contracts.invoices import (
    InvoiceLineSnapshot,
    InvoicePaymentSnapshot,
    InvoiceSnapshot,
    InvoiceStatus,
)
from accrue_core.contracts.results import UnreadableSnapshot
from accrue_core.money import Money

COLLECTED = frozenset(
    {"submitted_for_settlement", "settling", "settlement_pending"}
    | {"settlement_confirmed", "settled"}
)
"""The money is there, or on its way without anybody's doing. It can still be declined."""

WAITING = frozenset({"authorizing", "authorized"})
"""Nothing has been collected, and nothing has failed."""

FAILED = frozenset(
    {"processor_declined", "gateway_rejected", "failed", "authorization_expired"}
    | {"settlement_declined", "settlement_failed"}
)
VOIDED = frozenset({"voided"})

_KNOWN = COLLECTED | WAITING | FAILED | VOIDED
_OVER = frozenset({"Canceled", "Expired"})
_COMPLETE_BELOW = 20
"""Braintree may leave out all but the 20 most recent transactions of a subscription."""


@dataclass(frozen=True, slots=True)
class _Charge:
    """One sale of a subscription, in a billing period."""

    ref: str
    status: str
    amount: Money
    first_day: date
    last_day: date
    plan: str | None
    created_at: datetime
    since: datetime


def invoices(
    data: object, account: Account, customer: str
) -> tuple[InvoiceSnapshot | UnreadableSnapshot, ...]:
    """Build the invoices of a subscription, newest first.

    One with a charge in a status that we have never heard of is unreadable.
    """
    found = Reader(data, "subscription")
    periods = _periods(found)
    latest = max(periods, default=None)
    return tuple(
        _invoice(found, account, customer, periods[day], is_latest=day == latest)
        for day in sorted(periods, reverse=True)
    )


def latest_invoice(data: object) -> str | None:
    """Return the ref of the newest invoice, if anything has been charged."""
    found = Reader(data, "subscription")
    periods = _periods(found)
    return _ref(found, max(periods)) if periods else None


def subscription_in(ref: str) -> str:
    """Return the subscription that an invoice's ref names."""
    return ref.rpartition(".")[0]


def _ref(found: Reader, first_day: date) -> str:
    return f"{found.text('id')}.{first_day.isoformat()}"


def _periods(found: Reader) -> dict[date, list[_Charge]]:
    """Group the charges by billing period, each in the order in which they were made.

    When the list may have been cut, the oldest period in it may have been cut through: it is
    left out, and its invoice stays as it is known.
    """
    transactions = found.each("transactions")
    charges = [charge for one in transactions if (charge := _charge(one)) is not None]
    periods: dict[date, list[_Charge]] = {}
    for charge in sorted(charges, key=lambda one: (one.created_at, one.ref)):
        periods.setdefault(charge.first_day, []).append(charge)
    is_cut = len(transactions) >= _COMPLETE_BELOW and len(periods) > 1
    if is_cut and (oldest := min(periods)) > found.day("first_billing_date"):
        del periods[oldest]
    return periods


def _charge(found: Reader) -> _Charge | None:
    """Read a transaction, if it is a charge for a billing period."""
    type_ = found.text("type")
    if type_ not in ("sale", "credit"):
        refuse(found.at("type"), type_)
    period = found.inner_or_none("subscription_details")
    if type_ == "credit" or period is None or period.is_empty("billing_period_start_date"):
        return None
    status, created_at = found.text("status"), found.moment("created_at")
    return _Charge(
        ref=found.text("id"),
        status=status,
        amount=money(found, "amount", currency(found)),
        first_day=period.day("billing_period_start_date"),
        last_day=period.day("billing_period_end_date"),
        plan=found.text_or_none("plan_id"),
        created_at=created_at,
        since=min(_entered(found, status), default=created_at),
    )


def _entered(found: Reader, status: str) -> list[datetime]:
    """Return when it took its status; one that was collected is so from the first such status."""
    wanted = COLLECTED if status in COLLECTED else {status}
    history = found.each("status_history")
    return [event.moment("timestamp") for event in history if event.text("status") in wanted]


def _invoice(
    found: Reader, account: Account, customer: str, charges: list[_Charge], *, is_latest: bool
) -> InvoiceSnapshot | UnreadableSnapshot:
    first = charges[0]
    ref, code = _ref(found, first.first_day), first.amount.currency
    unknown = next((one.status for one in charges if one.status not in _KNOWN), None)
    if unknown is not None:
        return UnreadableSnapshot("invoice", ref, unknown)
    if any(one.amount.currency != code for one in charges):
        refuse(found.at("transactions"), f"several currencies in the period of {first.first_day}")
    is_past_due = found.text("status") == "Past Due"
    billed = _billed(charges, is_still_owed=is_latest and is_past_due)
    none = Money(0, code)
    total = sum((one.amount for one in billed), start=none)
    collected = [one for one in billed if one.status in COLLECTED]
    paid = sum((one.amount for one in collected), start=none)
    status = _status(found, billed, remaining=total - paid, is_latest=is_latest)
    return InvoiceSnapshot(
        ref=ref,
        customer=customer,
        status=status,
        subscription=found.text("id"),
        currency=code,
        subtotal=total,
        discount=none,
        tax=none,
        total=total,
        amount_due=total,
        amount_paid=paid,
        amount_remaining=total - paid,
        lines=tuple(_line(one, account) for one in billed),
        payments=tuple(_payment(one) for one in charges),
        attempts=len(charges),
        period_start=account.start_of(first.first_day),
        period_end=account.end_of(max(one.last_day for one in charges)),
        finalized_at=first.created_at,
        paid_at=_last(collected) if status == InvoiceStatus.PAID else None,
        voided_at=_last([one for one in billed if one.status in VOIDED]),
        created_at=first.created_at,
    )


def _billed(charges: Sequence[_Charge], *, is_still_owed: bool) -> list[_Charge]:
    """Choose the charges that an invoice bills: what went through, and what is still owed.

    Of attempts that failed only the newest counts, and only if nothing went through, or if it
    was tried after that and the subscription is past due because of it. A period in which every
    charge was taken back bills the last of them.
    """
    kept = [one for one in charges if one.status in COLLECTED | WAITING]
    failed = [one for one in charges if one.status in FAILED]
    if not kept:
        return [failed[-1] if failed else charges[-1]]
    if failed and is_still_owed and charges.index(failed[-1]) > charges.index(kept[-1]):
        return [*kept, failed[-1]]
    return kept


def _status(
    found: Reader, billed: Sequence[_Charge], *, remaining: Money, is_latest: bool
) -> InvoiceStatus:
    if not remaining:
        return InvoiceStatus.PAID
    if all(one.status in VOIDED for one in billed):
        return InvoiceStatus.VOID
    status = found.text("status")
    is_waiting = any(one.status in WAITING for one in billed)
    if status in _OVER and not is_waiting:
        return InvoiceStatus.UNCOLLECTIBLE
    if not is_latest and status != "Past Due" and not is_waiting:
        return InvoiceStatus.VOID
    return InvoiceStatus.OPEN


def _last(charges: Sequence[_Charge]) -> datetime | None:
    return max((one.since for one in charges), default=None)


def _line(charge: _Charge, account: Account) -> InvoiceLineSnapshot:
    return InvoiceLineSnapshot(
        ref=charge.ref,
        amount=charge.amount,
        price=charge.plan,
        period_start=account.start_of(charge.first_day),
        period_end=account.end_of(charge.last_day),
    )


def _payment(charge: _Charge) -> InvoicePaymentSnapshot:
    return InvoicePaymentSnapshot(
        ref=charge.ref,
        amount=charge.amount,
        status=charge.status,
        payment=charge.ref,
        paid_at=charge.since if charge.status in COLLECTED else None,
    )
