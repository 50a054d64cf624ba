"""The catalogue: prices that can be subscribed to."""

from __future__ import annotations

from typing import get_args

from accrue_core.errors import InvalidRequest, ProcessorRejected
from accrue_core.money import Money
from accrue_fake.engine.books import Books
from accrue_fake.engine.records import Interval, Price


class Catalogue:
    """Prices, under refs that the seller chooses."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def add_price(
        self,
        ref: str | None,
        money: Money,
        interval: Interval = "month",
        interval_count: int = 1,
        product: str | None = None,
    ) -> Price:
        """Offer a price; without a ref it is given one.

        A price never changes once it exists, as at Stripe: the same words again are no error,
        other words under the same ref are.
        """
        if interval not in get_args(Interval) or interval_count < 1 or money.minor < 0:
            raise InvalidRequest("a price is not negative and recurs every so many days to years")
        price = Price(
            ref=self._books.new_ref("price") if ref is None else ref,
            money=money,
            interval=interval,
            interval_count=interval_count,
            product=product,
        )
        if self._books.prices.setdefault(price.ref, price) != price:
            raise InvalidRequest(f"price {price.ref} exists and is different")
        return price

    def price(self, ref: str) -> Price:
        """Return a price, or refuse as a processor refuses an unknown one."""
        price = self._books.prices.get(ref)
        if price is None:
            raise ProcessorRejected(f"no such price: {ref}", reason="missing", param="items.price")
        return price

    def prices(self) -> tuple[Price, ...]:
        """Return all prices, in the order they were added."""
        return tuple(self._books.prices.values())
