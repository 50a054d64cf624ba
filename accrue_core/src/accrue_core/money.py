"""Amounts of money, exact, in whole minor units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType

from accrue_core.errors import CurrencyMismatch, InvalidRequest


@cache
def minor_digits() -> Mapping[str, int]:
    """ISO 4217: how many digits the minor unit of each currency has, by lower-case code.

    Read from the ``iso4217`` package on first use. Codes without a minor unit (metals, funds,
    testing) are not money here.
    """
    from iso4217 import Currency

    return MappingProxyType(
        {
            currency.code.lower(): currency.exponent
            for currency in Currency
            if currency.exponent is not None
        }
    )


def known_currency(currency: str) -> str:
    """Return the code when it is an ISO 4217 currency in lower case, else ``InvalidRequest``."""
    if not isinstance(currency, str) or currency not in minor_digits():
        raise InvalidRequest(
            f"unknown currency {currency!r}; write an ISO 4217 code in lower case, as in 'usd'"
        )
    return currency


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency, counted in its ISO 4217 minor unit.

    >>> Money(1900, "usd") + Money(100, "usd")
    Money(minor=2000, currency='usd')
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise InvalidRequest(
                f"minor units are whole numbers, not {self.minor!r}; "
                "for 19.50 dollars write Money(1950, 'usd') or Money.of('19.50', 'usd')"
            )
        known_currency(self.currency)

    @classmethod
    def of(cls, amount: str | Decimal, currency: str) -> Money:
        """Read a decimal amount in major units, which must be exact in the minor unit.

        >>> Money.of("19.50", "usd")
        Money(minor=1950, currency='usd')
        """
        digits = minor_digits()[known_currency(currency)]
        if not isinstance(amount, str | Decimal):
            raise InvalidRequest(f"write the amount as text or Decimal, not {amount!r}")
        try:
            number = Decimal(amount)
        except ArithmeticError:
            raise InvalidRequest(f"not an amount: {str(amount)[:40]!r}") from None
        sign, figures, exponent = number.as_tuple()
        if not isinstance(exponent, int) or len(figures) > 40 or not -80 <= exponent <= 30:
            raise InvalidRequest(f"not an amount: {str(amount)[:40]!r}")
        whole = int("".join(map(str, figures)))
        minor, rest = divmod(
            whole * 10 ** max(0, exponent + digits), 10 ** max(0, -exponent - digits)
        )
        if rest:
            raise InvalidRequest(f"{amount} {currency} is finer than its smallest unit")
        return cls(-minor if sign else minor, currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, factor: int) -> Money:
        if type(factor) is not int:
            raise InvalidRequest(f"money is multiplied by whole numbers only, not {factor!r}")
        return Money(self.minor * factor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        digits = minor_digits()[self.currency]
        figures = f"{abs(self.minor):0{digits + 1}d}"
        whole, rest = (figures[:-digits], f".{figures[-digits:]}") if digits else (figures, "")
        return f"{'-' if self.minor < 0 else ''}{whole}{rest} {self.currency.upper()}"

    def allocate(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Split by whole weights without losing a unit: the largest remainders get the rest.

        >>> Money(100, "usd").allocate([1, 1, 1])[0]
        Money(minor=34, currency='usd')
        """
        wrong = any(type(weight) is not int or weight < 0 for weight in weights)
        if wrong or (total := sum(weights)) <= 0:
            raise InvalidRequest("weights are whole numbers, none negative, not all zero")
        sign = -1 if self.minor < 0 else 1
        shares = [divmod(abs(self.minor) * weight, total) for weight in weights]
        rest = abs(self.minor) - sum(whole for whole, _ in shares)
        order = sorted(range(len(shares)), key=lambda i: (-shares[i][1], i))
        lucky = frozenset(order[:rest])
        return tuple(
            Money(sign * (whole + (i in lucky)), self.currency)
            for i, (whole, _) in enumerate(shares)
        )

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise InvalidRequest(f"expected Money, not {other!r}")
        if other.currency != self.currency:
            raise CurrencyMismatch(
                f"{self.currency} and {other.currency} cannot be added or compared"
            )
        return other.minor


@dataclass(frozen=True, slots=True)
class WireUnits:
    """How one processor counts money, where it differs from ISO 4217.

    ``digits`` overrides the exponent of single currencies; ``multiples`` names currencies whose
    wire amounts must be a multiple of something. A processor's plugin owns one of these and
    converts at its border; nothing else ever sees a wire amount.
    """

    digits: Mapping[str, int]
    multiples: Mapping[str, int]

    def to_wire(self, money: Money) -> int:
        """Return the processor's whole number for an amount, or ``InvalidRequest``."""
        shift = self._shift(money.currency)
        amount, rest = divmod(money.minor * self._scale(shift), self._scale(-shift))
        if rest or amount % self.multiples.get(money.currency, 1):
            raise InvalidRequest(f"this processor cannot express {money} exactly")
        return amount

    def from_wire(self, amount: int, currency: str) -> Money:
        """Return the amount that a processor's whole number stands for, or ``InvalidRequest``."""
        shift = self._shift(currency)
        minor, rest = divmod(amount * self._scale(-shift), self._scale(shift))
        if rest:
            raise InvalidRequest(f"{amount} is not a whole number of minor units of {currency}")
        return Money(minor, currency)

    @staticmethod
    def _scale(digits: int) -> int:
        return int("1" + "0" * max(0, digits))

    def _shift(self, currency: str) -> int:
        iso: int = minor_digits()[known_currency(currency)]
        digits: int = self.digits.get(currency, iso)
        return digits - iso


ISO_UNITS = WireUnits(digits=MappingProxyType({}), multiples=MappingProxyType({}))
