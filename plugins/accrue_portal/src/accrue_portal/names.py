"""Pure: what things are called on a page, for people who have never heard of a ref."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from accrue_core.billing.catalog import Catalog, Plan
from accrue_core.billing.invoices.models import InvoiceLine
from accrue_core.billing.payment_methods.models import PaymentMethod
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.pages.words import label

_BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "jcb": "JCB",
    "paypal": "PayPal",
    "sepa_debit": "SEPA Direct Debit",
    "unionpay": "UnionPay",
    "us_bank_account": "Bank account",
}


_QUANTITY = re.compile(r"^\s*\d+ × ")


class Name(NamedTuple):
    """What a subscription is called, at the start of a sentence and inside of one."""

    start: str
    inside: str

    @property
    def is_a_plan(self) -> bool:
        """Whether it is the name of a plan, and not a way around one."""
        return self.start == self.inside


NAMELESS = Name("Your subscription", "your subscription")


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What is paid with, as ``Visa ending in 4242``; ``expires`` is written ``12/2034``."""

    words: str
    expires: str
    is_expired: bool


def plans_of(subscription: Subscription, catalog: Catalog) -> tuple[Plan, ...]:
    """Return the plans of a subscription's items, each once; prices without one are left out."""
    found = (catalog.plan_of(subscription.processor, item.price) for item in subscription.items)
    return tuple({plan.key: plan for plan in found if plan is not None}.values())


def name_of(plans: Iterable[Plan]) -> Name:
    """Return what a subscription to these plans is called."""
    names = [plan.name for plan in plans]
    return Name(listed(names), listed(names)) if names else NAMELESS


def method_of(method: PaymentMethod, now: datetime) -> Method:
    """Return what somebody pays with. A card is good until its month has ended."""
    kind = method.brand or method.type
    brand = _BRANDS.get(kind) or label(kind)
    is_dated = method.exp_month is not None and method.exp_year is not None
    expires = f"{method.exp_month:02d}/{method.exp_year}" if is_dated else ""
    last_month = (method.exp_year or 0, method.exp_month or 0)
    return Method(
        words=f"{brand} ending in {method.last4}" if method.last4 else brand,
        expires=expires,
        is_expired=is_dated and last_month < (now.year, now.month),
    )


def line_of(line: InvoiceLine, processor: str, catalog: Catalog) -> str:
    """Return what a line of an invoice is for.

    A quantity stands beside it already, and a description that only repeats the processor's ref
    of the price gives way to the plan's name.
    """
    description = _QUANTITY.sub("", line.description or "").strip()
    if description and not (line.price and line.price in description):
        return description
    plan = catalog.plan_of(processor, line.price) if line.price else None
    return plan.name if plan is not None else "Subscription"


def feature_words(features: Iterable[str]) -> tuple[str, ...]:
    """Return features as a list for people, in the order of their letters."""
    spaced = (feature.replace("_", " ").replace(".", " ").strip() for feature in features)
    return tuple(sorted({f"{words[:1].upper()}{words[1:]}" for words in spaced}))


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence lists them; at least one.

    >>> listed(["Notes", "Reports", "Export"])
    'Notes, Reports and Export'
    """
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
