"""Customers: snapshot to columns and events."""

from __future__ import annotations

from accrue_core.billing.customers.events import (
    CustomerCreated,
    CustomerMoved,
    DefaultPaymentMethodChanged,
    TaxLocationUpdated,
)
from accrue_core.billing.customers.models import PERSONAL, Customer, customers
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.ids import PREFIXES
from accrue_core.ledger.events import LedgerEvent
from accrue_core.mirror.nouns import Mirror, Reduction
from accrue_core.owners import Owner


def reduce(before: Customer | None, snapshot: CustomerSnapshot) -> Reduction:
    """Say what a snapshot changes, and what became true because of it.

    A customer keeps the owner it has: metadata that somebody edits at the processor neither
    takes a customer away from its owner nor hands it to another. Only a move that we made does,
    which names an operation that the row has not seen.
    """
    owner = _owner(before, snapshot)
    columns = {
        "owner_type": owner.type if owner else None,
        "owner_id": owner.id if owner else None,
        "name": snapshot.name,
        "email": snapshot.email,
        "currency": snapshot.currency,
        "default_payment_method": snapshot.default_payment_method,
        "moved_by": snapshot.moved_by,
        "locale": snapshot.locale,
        "timezone": snapshot.timezone,
        "tax_location": snapshot.tax_location,
        "metadata": dict(snapshot.metadata),
        "remote_at": snapshot.created_at,
    }
    if before is None:
        return Reduction(columns, [CustomerCreated()])
    return Reduction(columns, _events(before, snapshot, owner))


def _owner(before: Customer | None, snapshot: CustomerSnapshot) -> Owner | None:
    if before is None or before.owner is None:
        return snapshot.owner
    is_moved = snapshot.moved_by is not None and snapshot.moved_by != before.moved_by
    return (snapshot.owner or before.owner) if is_moved else before.owner


def _events(before: Customer, snapshot: CustomerSnapshot, owner: Owner | None) -> list[LedgerEvent]:
    events: list[LedgerEvent] = []
    if before.owner is not None and owner is not None and before.owner != owner:
        events.append(CustomerMoved(before=str(before.owner), after=str(owner)))
    if before.tax_location != snapshot.tax_location:
        events.append(TaxLocationUpdated(before=before.tax_location, after=snapshot.tax_location))
    if before.default_payment_method != snapshot.default_payment_method:
        events.append(
            DefaultPaymentMethodChanged(
                before=before.default_payment_method, after=snapshot.default_payment_method
            )
        )
    return events


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
