"""Stripe's customer to ours."""

from __future__ import annotations

from accrue_core.contracts.customers import (
    MOVED_BY_METADATA,
    OWNER_ID_METADATA,
    OWNER_TYPE_METADATA,
    TIMEZONE_METADATA,
    CustomerSnapshot,
    TaxLocation,
)
from accrue_core.contracts.results import GoneSnapshot
from accrue_core.errors import InvalidRequest
from accrue_core.owners import Owner
from accrue_stripe.translate.metadata import hosts_part
from accrue_stripe.translate.reading import Reader, is_deleted, reader, refuse

_UNRECOGNIZED = "unrecognized_location"
_TAXED = frozenset({"not_collecting", "supported", _UNRECOGNIZED})
"""Words that say something about the place; "failed" is about a calculation."""


def customer(data: object) -> CustomerSnapshot | GoneSnapshot:
    """Read a customer, or that it was deleted. ``tax`` must have been asked for (``expand``)."""
    found = reader(data, "customer")
    if is_deleted(found):
        return GoneSnapshot("customer", found.text("id"))
    settings = found.inner_or_none("invoice_settings")
    metadata = found.words_or_none("metadata")
    return CustomerSnapshot(
        ref=found.text("id"),
        owner=_owner(found),
        moved_by=metadata.get(MOVED_BY_METADATA),
        name=found.text_or_none("name"),
        email=found.text_or_none("email"),
        currency=found.text_or_none("currency"),
        default_payment_method=settings and settings.ref_or_none("default_payment_method"),
        locale=next(iter(found.texts_or_none("preferred_locales")), None),
        timezone=metadata.get(TIMEZONE_METADATA),
        tax_location=_tax_location(found),
        metadata=hosts_part(metadata),
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


def _tax_location(found: Reader) -> TaxLocation:
    """Read whether Stripe knows where to tax the customer.

    It says "unrecognized" also of a customer who never told it anything. A calculation that failed
    says nothing about the place, and a word that is not known opens nothing: automatic tax asks
    for a place that is recognized.
    """
    tax = found.inner_or_none("tax")
    if tax is None or tax.text("automatic_tax") not in _TAXED:
        return "unknown"
    place, address = tax.inner_or_none("location"), found.inner_or_none("address")
    found_in = place and place.text("country")
    if found_in is None:
        told = address and address.text_or_none("country")
        return "unknown" if told is None else "unrecognized"
    return "unrecognized" if tax.text("automatic_tax") == _UNRECOGNIZED else "recognized"
