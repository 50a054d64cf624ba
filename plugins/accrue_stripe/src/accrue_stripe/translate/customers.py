"""Stripe's customer to ours."""

from __future__ import annotations

from accrue_core.contracts.customers import (
    OWNER_ID_METADATA,
    OWNER_TYPE_METADATA,
    CustomerSnapshot,
)
from accrue_core.contracts.results import GoneSnapshot
from accrue_core.errors import InvalidRequest
from accrue_core.owners import Owner
from accrue_stripe.translate.reading import Reader, is_deleted, reader, refuse


def customer(data: object) -> CustomerSnapshot | GoneSnapshot:
    """Read a customer, or that it was deleted."""
    found = reader(data, "customer")
    if is_deleted(found):
        return GoneSnapshot("customer", found.text("id"))
    settings = found.inner_or_none("invoice_settings")
    return CustomerSnapshot(
        ref=found.text("id"),
        owner=_owner(found),
        name=found.text_or_none("name"),
        email=found.text_or_none("email"),
        currency=found.text_or_none("currency"),
        default_payment_method=settings and settings.ref_or_none("default_payment_method"),
        created_at=found.moment("created"),
    )


def _owner(found: Reader) -> Owner | None:
    """Read the owner that was written into the metadata when the customer was created.

    A customer that never had one belongs to nobody we know. Half an owner, or one that cannot
    be, was edited by hand: to read it as nobody would silently take a payer's customer away.
    """
    metadata = found.words_or_none("metadata")
    pair = metadata.get(OWNER_TYPE_METADATA), metadata.get(OWNER_ID_METADATA)
    if pair == (None, None):
        return None
    try:
        return Owner(pair[0] or "", pair[1] or "")
    except InvalidRequest:
        refuse(found.at("metadata"), f"not an owner in {OWNER_TYPE_METADATA} and its id")
