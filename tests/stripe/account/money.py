"""What an invoice of the stand-in account comes to: discount, tax, and the customer's balance."""

from __future__ import annotations

from dataclasses import dataclass

from tests.stripe.account.books import Books
from tests.stripe.objects import Json

AUTOMATIC = 8.625
"""Percent, wherever somebody is: this account knows one place."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Amounts in cents. ``used`` is how much of the customer's credit goes into it."""

    subtotal: int
    discount: int
    tax: int
    total: int
    due: int
    used: int


def sums(books: Books, subscription: Json, lines: list[Json]) -> Sums:
    """Add lines up: discounts first, then tax on what is left, then the customer's credit."""
    subtotal = sum(line["amount"] for line in lines)
    percent = sum(
        books.at("coupon", books.at("discount", ref)["source"]["coupon"])["percent_off"]
        for ref in subscription["discounts"]
    )
    discount = _share(subtotal, percent)
    is_taxed = subscription["automatic_tax"]["enabled"]
    tax = _share(subtotal - discount, AUTOMATIC if is_taxed else books.tax_percent)
    total = subtotal - discount + tax
    credit = -min(0, books.at("customer", subscription["customer"])["balance"])
    used = min(credit, max(0, total))
    return Sums(subtotal, discount, tax, total, max(0, total) - used, used)


def _share(amount: int, percent: float) -> int:
    """Return a share of an amount, rounded half up; nothing of a credit."""
    return max(0, int(amount * percent / 100 + 0.5))
