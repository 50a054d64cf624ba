"""Stripe's prices and products to what stands in a catalog."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accrue_stripe.translate.amounts import currency, money
from accrue_stripe.translate.reading import Reader, is_deleted, reader

_SCHEMES = frozenset({"per_unit", "tiered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One recurring price of one product. ``cost`` is in words, for people."""

    price: str
    product: str
    product_name: str
    plan_key: str | None
    is_on_sale: bool
    is_default: bool
    cost: str
    created_at: datetime


def offer(data: object, *, plan_field: str) -> Offer | None:
    """Read a price with its product expanded; nothing, if it is paid once or its product gone."""
    found = reader(data, "price")
    recurring = found.inner_or_none("recurring")
    product = found.inner("product")
    if recurring is None or is_deleted(product):
        return None
    return Offer(
        price=found.text("id"),
        product=product.text("id"),
        product_name=product.text("name"),
        plan_key=product.words_or_none("metadata").get(plan_field) or None,
        is_on_sale=found.flag("active") and product.flag("active"),
        is_default=product.ref_or_none("default_price") == found.text("id"),
        cost=f"{_amount(found)} {_every(recurring)}",
        created_at=found.moment("created"),
    )


def _amount(price: Reader) -> str:
    code = currency(price)
    scheme = price.text("billing_scheme")
    if scheme not in _SCHEMES:
        return f"by {scheme}, in {code}"
    if scheme != "per_unit" or price.is_null("unit_amount"):
        return f"in tiers or fractions, in {code}"
    return str(money(price, "unit_amount", code))


def _every(recurring: Reader) -> str:
    count, interval = recurring.whole("interval_count"), recurring.text("interval")
    return f"a {interval}" if count == 1 else f"every {count} {interval}s"
