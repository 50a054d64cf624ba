"""Tax: what is added to an invoice, by a declared table of rates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from accrue_core.errors import InvalidRequest, ProcessorRejected
from accrue_fake.engine.books import Books
from accrue_fake.engine.records import (
    CustomerRecord,
    Rounding,
    RoundingHow,
    RoundingPer,
    TaxRate,
)

RATES: Mapping[str, TaxRate] = MappingProxyType(
    {
        place: TaxRate(place=place, basis_points=points)
        for place, points in {
            "AT": 2000, "AU": 1000, "BE": 2100, "CA": 500, "CA/ON": 1300, "CA/QC": 1498,
            "CH": 810, "DE": 1900, "DK": 2500, "ES": 2100, "FR": 2000, "GB": 2000, "IE": 2300,
            "IT": 2200, "JP": 1000, "NL": 2100, "NO": 2500, "NZ": 1500, "PL": 2300, "SE": 2500,
            "US/CA": 725, "US/NY": 400, "US/PA": 600, "US/TX": 625, "US/WA": 650,
        }.items()
    }
)  # fmt: skip
"""The rates there are from the start: one of each kind of place, not what the law says today."""


class Tax:
    """Says at which rate a subscription is taxed. Where no rate is declared, nothing is added.

    Stripe reads rates from its own tables, by product and by what its seller is registered for
    (docs.stripe.com/tax/how-tax-works); here a place has one rate, for everything. It is the place
    that the customer has when the invoice is drawn.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    @property
    def rounding(self) -> Rounding:
        """How a tax becomes whole minor units."""
        return self._books.tax_rounding

    def declare(
        self,
        country: str,
        basis_points: int,
        *,
        state: str | None = None,
        is_inclusive: bool = False,
    ) -> TaxRate:
        """Tax a country, or one of its states, at a rate: 725 is 7.25 %.

        An inclusive rate is contained in prices, an exclusive one is added to them.
        """
        if type(basis_points) is not int or not 0 <= basis_points <= 10_000:
            raise InvalidRequest("a rate is from 0 to 10000 basis points, which is all of it")
        place = country if state is None else f"{country}/{state}"
        rate = TaxRate(place=place, basis_points=basis_points, is_inclusive=is_inclusive)
        self._books.tax_rates[place] = rate
        return rate

    def round(self, how: RoundingHow, *, per: RoundingPer) -> Rounding:
        """Round every line's tax by itself, or an invoice's as a whole."""
        if how not in get_args(RoundingHow) or per not in get_args(RoundingPer):
            raise InvalidRequest("a tax is rounded half_up or half_even, per line or per invoice")
        self._books.tax_rounding = Rounding(how=how, per=per)
        return self._books.tax_rounding

    def rates(self) -> tuple[TaxRate, ...]:
        """Return all rates, by place."""
        return tuple(rate for _, rate in sorted({**RATES, **self._books.tax_rates}.items()))

    def rate_of(self, customer: str) -> TaxRate | None:
        """Return the rate of the place where a customer is taxed, if it has one."""
        address = self._books.customers[customer].address
        if address is None:
            return None
        for place in (f"{address.country}/{address.state}", address.country):
            rate = self._books.tax_rates.get(place) or RATES.get(place)
            if rate is not None:
                return rate
        return None

    def require_place(self, customer: CustomerRecord) -> None:
        """Refuse to tax somebody of whom nobody knows where."""
        if customer.snapshot.tax_location != "recognized":
            raise ProcessorRejected(
                "automatic tax needs to know where the customer is",
                reason="tax_location_missing",
                param="automatic_tax",
            )
