"""Payment methods: snapshot to columns and events."""

from __future__ import annotations

from accrue_core.billing.payment_methods.events import (
    PaymentMethodAttached,
    PaymentMethodDetached,
)
from accrue_core.billing.payment_methods.models import PERSONAL, PaymentMethod, payment_methods
from accrue_core.contracts.payment_methods import PaymentMethodSnapshot
from accrue_core.ids import PREFIXES
from accrue_core.ledger.events import LedgerEvent
from accrue_core.mirror.nouns import Mirror, Parent, Reduction


def reduce(before: PaymentMethod | None, snapshot: PaymentMethodSnapshot) -> Reduction:
    """Say what a snapshot changes, and what became true because of it."""
    columns = {
        "customer_ref": snapshot.customer,
        "type": snapshot.type,
        "brand": snapshot.brand,
        "last4": snapshot.last4,
        "exp_month": snapshot.exp_month,
        "exp_year": snapshot.exp_year,
        "fingerprint": snapshot.fingerprint,
        "remote_at": snapshot.created_at,
    }
    belonged_to = before.customer_ref if before is not None else None
    events: list[LedgerEvent] = []
    if snapshot.customer is not None and snapshot.customer != belonged_to:
        events.append(PaymentMethodAttached())
    elif snapshot.customer is None and belonged_to is not None:
        events.append(PaymentMethodDetached())
    return Reduction(columns, events)


MIRROR = Mirror(
    noun="payment_method",
    rank=1,
    prefix=PREFIXES["payment_method"],
    snapshot=PaymentMethodSnapshot,
    table=payment_methods,
    row=PaymentMethod,
    reduce=reduce,
    personal=PERSONAL,
    parents=(Parent(noun="customer", id_column="customer_id", ref_column="customer_ref"),),
)
