"""Customers: owners as one processor knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from accrue_core.contracts.results import Answer, AnySnapshot, Key
from accrue_core.owners import Owner

OWNER_TYPE_METADATA = "accrue_owner_type"
OWNER_ID_METADATA = "accrue_owner_id"
"""The metadata fields of a customer in which a processor keeps its owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSnapshot:
    """What a processor says about a customer. ``owner`` is read from its metadata."""

    noun: ClassVar[str] = "customer"

    ref: str
    owner: Owner | None
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    currency: str | None = None
    default_payment_method: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomer:
    """Create a customer for an owner. Its metadata must name the owner and the operation."""

    gateway: ClassVar[str] = "customers"
    method: ClassVar[str] = "create"
    noun: ClassVar[str] = "customer"
    effect: ClassVar[Literal["create", "change"]] = "create"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset({"name", "email", "metadata"})

    owner: Owner
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCustomer:
    """Let a customer have this name and this address; ``None`` leaves one as it is."""

    gateway: ClassVar[str] = "customers"
    method: ClassVar[str] = "update"
    noun: ClassVar[str] = "customer"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset({"name", "email"})

    ref: str
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether the customer has them."""
        return (
            isinstance(snapshot, CustomerSnapshot)
            and self.name in (None, snapshot.name)
            and self.email in (None, snapshot.email)
        )


class CustomerGateway(Protocol):
    """A processor's operations on customers."""

    async def create(self, request: CreateCustomer, *, key: Key) -> Answer:
        """Create the customer; asked twice under one key, create it once."""
        ...

    async def update(self, request: UpdateCustomer, *, key: Key) -> Answer:
        """Change how the customer is reached."""
        ...

    async def fetch(self, ref: str) -> Answer:
        """Return the customer as it is now, ``GoneSnapshot`` when it was deleted."""
        ...
