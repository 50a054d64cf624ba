"""Payment methods: cards and accounts that a customer pays with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from accrue_core.contracts.results import Answer, Key


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethodSnapshot:
    """What a processor says about a payment method; never the number itself."""

    noun: ClassVar[str] = "payment_method"

    ref: str
    customer: str | None
    type: str
    brand: str | None = None
    last4: str | None = field(default=None, repr=False)
    exp_month: int | None = field(default=None, repr=False)
    exp_year: int | None = field(default=None, repr=False)
    fingerprint: str | None = field(default=None, repr=False)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachPaymentMethod:
    """Give a customer a payment method that the browser tokenised, and use it from now on."""

    gateway: ClassVar[str] = "payment_methods"
    method: ClassVar[str] = "attach"
    noun: ClassVar[str] = "payment_method"
    effect: ClassVar[Literal["create", "change"]] = "create"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset()

    customer: str
    payment_method: str
    make_default: bool = True


class PaymentMethodGateway(Protocol):
    """A processor's operations on payment methods."""

    async def attach(self, request: AttachPaymentMethod, *, key: Key) -> Answer:
        """Attach it; the answer's main thing is the payment method, the customer comes along."""
        ...

    async def fetch(self, ref: str) -> Answer:
        """Return the payment method as it is now."""
        ...
