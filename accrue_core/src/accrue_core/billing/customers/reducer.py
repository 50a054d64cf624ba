"""Customers: snapshot to columns and events."""

from __future__ import annotations

from accrue_core.billing.customers.events import CustomerCreated, DefaultPaymentMethodChanged
from accrue_core.billing.customers.models import PERSONAL, Customer, customers
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.ids import PREFIXES
from accrue_core.ledger.events import LedgerEvent
from accrue_core.mirror.nouns import Mirror, Reduction


def reduce(before: Customer | None, snapshot: CustomerSnapshot) -> Reduction:
    """Say what a snapshot changes, and what became true because of it.

    A customer keeps the owner it has: metadata that somebody edits at the processor neither
    takes a customer away from its owner nor hands it to another.
    """
    owner = (before.owner if before is not None else None) or snapshot.owner
    columns = {
        "owner_type": owner.type if owner else None,
        "owner_id": owner.id if owner else None,
        "name": snapshot.name,
        "email": snapshot.email,
        "currency": snapshot.currency,
        "default_payment_method": snapshot.default_payment_method,
        "remote_at": snapshot.created_at,
    }
    events: list[LedgerEvent] = []
    if before is None:
        events.append(CustomerCreated())
    elif before.default_payment_method != snapshot.default_payment_method:
        events.append(
            DefaultPaymentMethodChanged(
                before=before.default_payment_method, after=snapshot.default_payment_method
            )
        )
    return Reduction(columns, events)


MIRROR = Mirror(
    noun="customer",
    rank=0,
    prefix=PREFIXES["customer"],
    snapshot=CustomerSnapshot,
    table=customers,
    row=Customer,
    reduce=reduce,
    personal=PERSONAL,
)
