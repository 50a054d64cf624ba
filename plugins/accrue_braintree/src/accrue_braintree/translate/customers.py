"""Braintree's customer to ours."""

from __future__ import annotations

from accrue_braintree.translate.reading import Reader, refuse
from accrue_core.contracts.customers import (
    OWNER_ID_METADATA,
    OWNER_TYPE_METADATA,
    CustomerSnapshot,
)
from accrue_core.errors import InvalidRequest
from accrue_core.owners import Owner


def customer(data: object) -> CustomerSnapshot:
    """Read a customer. It has no currency: that belongs to the merchant account that charges."""
    found = Reader(data, "customer")
    return CustomerSnapshot(
        ref=found.text("id"),
        owner=_owner(found),
        name=_name(found),
        email=found.text_or_none("email"),
        default_payment_method=_default(found),
        created_at=found.moment("created_at"),
    )


def _name(found: Reader) -> str | None:
    person = [found.text_or_none("first_name"), found.text_or_none("last_name")]
    return " ".join(filter(None, person)) or found.text_or_none("company")


def _default(found: Reader) -> str | None:
    """Read which payment method is marked as the default; a customer without any has none."""
    marked = [one for one in found.each("payment_methods") if one.flag("default")]
    if len(marked) > 1:
        refuse(found.at("payment_methods"), f"{len(marked)} defaults")
    return marked[0].text("token") if marked else None


def _owner(found: Reader) -> Owner | None:
    """Read the owner from two custom fields, which the control panel must have been taught.

    A customer without them belongs to nobody we know. Half an owner, or one that cannot be, was
    edited by hand: to read it as nobody would silently take a payer's customer away.
    """
    fields = None if "custom_fields" not in found else found.inner_or_none("custom_fields")
    if fields is None:
        return None
    type_, id_ = (
        fields.text_or_none(name) if name in fields else None
        for name in (OWNER_TYPE_METADATA, OWNER_ID_METADATA)
    )
    if type_ is None and id_ is None:
        return None
    try:
        return Owner(type_ or "", id_ or "")
    except InvalidRequest:
        refuse(found.at("custom_fields"), f"not an owner in {OWNER_TYPE_METADATA} and its id")
