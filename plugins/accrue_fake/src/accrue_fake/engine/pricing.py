"""Pricing: what a subscription's items cost for one period, as invoice lines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accrue_core.contracts.changes import ItemTarget
from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.contracts.subscriptions import NewItem, SubscriptionItemSnapshot
from accrue_core.errors import ProcessorRejected
from accrue_core.money import Money
from accrue_fake.engine.books import Books
from accrue_fake.engine.catalogue import Catalogue
from accrue_fake.engine.records import Price


class Pricing:
    """Turns items into prices and prices into lines. All arithmetic is on whole minor units."""

    def __init__(self, books: Books, catalogue: Catalogue) -> None:
        self._books = books
        self._catalogue = catalogue

    def prices_of(self, items: Iterable[NewItem | ItemTarget]) -> tuple[Price, ...]:
        """Return the prices, or refuse what cannot stand on one subscription.

        Stripe's rules: at least one item, each price once, and one currency. Intervals may differ.
        """
        prices = []
        for item in items:
            if item.quantity < 0:
                raise ProcessorRejected("a quantity is not negative", param="items.quantity")
            prices.append(self._catalogue.price(item.price))
        currencies = {price.money.currency for price in prices}
        if len(currencies) != 1 or len({price.ref for price in prices}) != len(prices):
            raise ProcessorRejected(
                "a subscription has at least one price, each once, of one currency",
                param="items",
            )
        return tuple(prices)

    def lines(
        self,
        items: Iterable[SubscriptionItemSnapshot],
        *,
        start: datetime,
        end: datetime,
        is_trial: bool = False,
    ) -> tuple[InvoiceLineSnapshot, ...]:
        """Return one line per item for a period; a trial's lines cost nothing."""
        return tuple(
            self._line(item, self._books.new_ref("il"), start=start, end=end, is_trial=is_trial)
            for item in items
        )

    def foreseen(
        self, items: Iterable[SubscriptionItemSnapshot], *, start: datetime, end: datetime
    ) -> tuple[InvoiceLineSnapshot, ...]:
        """Return the same lines without their refs, and draw nothing from the books."""
        return tuple(self._line(item, "", start=start, end=end, is_trial=False) for item in items)

    def _line(
        self,
        item: SubscriptionItemSnapshot,
        ref: str,
        *,
        start: datetime,
        end: datetime,
        is_trial: bool,
    ) -> InvoiceLineSnapshot:
        price = self._catalogue.price(item.price)
        quantity = item.quantity or 0
        what = price.product or price.ref
        return InvoiceLineSnapshot(
            ref=ref,
            amount=Money(0 if is_trial else price.money.minor * quantity, price.money.currency),
            description=f"Trial period for {what}" if is_trial else f"{quantity} × {what}",
            quantity=quantity,
            price=price.ref,
            period_start=start,
            period_end=end,
            subscription_item=item.ref or None,
        )
