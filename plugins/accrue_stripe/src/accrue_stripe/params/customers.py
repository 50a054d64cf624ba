"""Our requests about customers to Stripe's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accrue_core.contracts.customers import (
    OWNER_ID_METADATA,
    OWNER_TYPE_METADATA,
    CreateCustomer,
    UpdateCustomer,
)
from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.contracts.results import Key

if TYPE_CHECKING:
    from stripe.params import CustomerCreateParams, CustomerUpdateParams


def new_customer(request: CreateCustomer, key: Key) -> CustomerCreateParams:
    """Return a customer whose metadata names its owner and the operation."""
    params: CustomerCreateParams = {
        "metadata": {
            **request.metadata,
            OWNER_TYPE_METADATA: request.owner.type,
            OWNER_ID_METADATA: request.owner.id,
            OPERATION_METADATA: key.operation_id,
        }
    }
    if request.name is not None:
        params["name"] = request.name
    if request.email is not None:
        params["email"] = request.email
    return params


def changed_customer(request: UpdateCustomer) -> CustomerUpdateParams:
    """Return what is to be different; what is left out stays as it is at Stripe."""
    params: CustomerUpdateParams = {}
    if request.name is not None:
        params["name"] = request.name
    if request.email is not None:
        params["email"] = request.email
    return params
