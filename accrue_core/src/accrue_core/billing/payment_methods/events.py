"""What becomes true of payment methods."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_core.ledger.events import LedgerEvent


@dataclass(frozen=True, slots=True)
class PaymentMethodAttached(LedgerEvent):
    """A customer has a payment method that it did not have before."""

    type = "payment_method.attached"


@dataclass(frozen=True, slots=True)
class PaymentMethodDetached(LedgerEvent):
    """A payment method belongs to nobody any more."""

    type = "payment_method.detached"
