"""Our requests about customers to Stripe's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from accrue_core.contracts.customers import (
    MOVED_BY_METADATA,
    OWNER_ID_METADATA,
    OWNER_TYPE_METADATA,
    TIMEZONE_METADATA,
    AssignCustomer,
    CreateCustomer,
    SetTaxLocation,
    UpdateCustomer,
)
from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Key
from accrue_core.errors import ProcessorRejected
from accrue_stripe.translate.metadata import OURS

if TYPE_CHECKING:
    from stripe.params import CustomerCreateParams, CustomerUpdateParams

READABLE = ["tax"]
"""What a customer is read with: whether its place can be taxed is left out otherwise."""


def new_customer(request: CreateCustomer, key: Key) -> CustomerCreateParams:
    """Return a customer whose metadata names its owner and the operation."""
    params: CustomerCreateParams = {
        "metadata": {
            **request.metadata,
            OWNER_TYPE_METADATA: request.owner.type,
            OWNER_ID_METADATA: request.owner.id,
            OPERATION_METADATA: key.operation_id,
        },
        "expand": READABLE,
    }
    if request.name is not None:
        params["name"] = request.name
    if request.email is not None:
        params["email"] = request.email
    return params


def changed_customer(request: UpdateCustomer) -> CustomerUpdateParams:
    """Return what is to be different; what is left out stays as it is at Stripe.

    Metadata is merged there, and an empty value takes a field away. A timezone has no place of its
    own. Stripe keeps a list of languages; ours becomes the only one.
    """
    params: CustomerUpdateParams = {"expand": READABLE}
    if request.name is not None:
        params["name"] = request.name
    if request.email is not None:
        params["email"] = request.email
    if request.locale is not None:
        params["preferred_locales"] = [request.locale]
    metadata = dict(_hosts_own(request.metadata))
    if request.timezone is not None:
        metadata[TIMEZONE_METADATA] = request.timezone
    if metadata:
        params["metadata"] = metadata
    return params


def tax_location(request: SetTaxLocation) -> CustomerUpdateParams:
    """Return a whole address, to be checked before it is kept; nothing of an old one stays."""
    return {
        "address": {
            "country": request.country,
            "postal_code": request.postal_code or "",
            "state": request.state or "",
            "city": request.city or "",
            "line1": request.line1 or "",
            "line2": request.line2 or "",
        },
        "tax": {"validate_location": "immediately"},
        "expand": READABLE,
    }


def assigned_customer(request: AssignCustomer, key: Key) -> CustomerUpdateParams:
    """Return another owner, and the operation that says that this is no edit by hand."""
    return {
        "metadata": {
            OWNER_TYPE_METADATA: request.owner.type,
            OWNER_ID_METADATA: request.owner.id,
            MOVED_BY_METADATA: key.operation_id,
        },
        "expand": READABLE,
    }


def _hosts_own(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse to let a host write the fields that are ours: they say whose a customer is."""
    if any(name.startswith(OURS) for name in metadata):
        raise ProcessorRejected(f"fields named {OURS}... are not the host's", param="metadata")
    return metadata
