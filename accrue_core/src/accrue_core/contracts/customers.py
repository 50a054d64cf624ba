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

MOVED_BY_METADATA = "accrue_moved_by"
"""The metadata field with the operation that last gave the customer to another owner."""

TIMEZONE_METADATA = "accrue_timezone"
"""The metadata field with the owner's timezone, for processors that have no place for one."""

TaxLocation = Literal["unknown", "recognized", "unrecognized"]
"""Whether a processor knows where a customer is taxed: never told, found, or not found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSnapshot:
    """What a processor says about a customer.

    ``owner`` and ``moved_by`` are read from its metadata; ``metadata`` is the host's part of it,
    without any field of ours. ``locale`` is a language tag (RFC 5646), ``timezone`` a name of the
    IANA database: both say how to show things, never when something falls due.
    """

    noun: ClassVar[str] = "customer"

    ref: str
    owner: Owner | None
    moved_by: str | None = None
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    currency: str | None = None
    default_payment_method: str | None = None
    locale: str | None = None
    timezone: str | None = None
    tax_location: TaxLocation = "unknown"
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
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
    """Let a customer be known like this; ``None`` leaves a field as it is.

    ``metadata`` is merged: the named fields get these values, and lose theirs where it is empty.
    """

    gateway: ClassVar[str] = "customers"
    method: ClassVar[str] = "update"
    noun: ClassVar[str] = "customer"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset({"name", "email", "metadata"})

    ref: str
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    locale: str | None = None
    timezone: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether the customer is known like this."""
        return (
            isinstance(snapshot, CustomerSnapshot)
            and self.name in (None, snapshot.name)
            and self.email in (None, snapshot.email)
            and self.locale in (None, snapshot.locale)
            and self.timezone in (None, snapshot.timezone)
            and all(snapshot.metadata.get(key, "") == self.metadata[key] for key in self.metadata)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTaxLocation:
    """Tell a processor where a customer is taxed, and have it checked at once.

    A place that it does not recognize is ``TaxLocationInvalid``, and the customer keeps the one it
    had. ``country`` is two letters (ISO 3166-1), ``state`` the part of its code after the country
    (ISO 3166-2).
    """

    gateway: ClassVar[str] = "customers"
    method: ClassVar[str] = "set_tax_location"
    noun: ClassVar[str] = "customer"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset(
        {"country", "postal_code", "state", "city", "line1", "line2"}
    )

    ref: str
    country: str = field(repr=False)
    postal_code: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    city: str | None = field(default=None, repr=False)
    line1: str | None = field(default=None, repr=False)
    line2: str | None = field(default=None, repr=False)

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Nobody can tell: no answer repeats an address. Asking again does no harm."""
        del snapshot
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCustomer:
    """Give a customer to another owner.

    The processor writes the owner and, as ``MOVED_BY_METADATA``, our operation id into its
    metadata: that is what tells a move from an edit by somebody else's hand.
    """

    gateway: ClassVar[str] = "customers"
    method: ClassVar[str] = "assign"
    noun: ClassVar[str] = "customer"
    effect: ClassVar[Literal["create", "change"]] = "change"
    moves_money: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset()

    ref: str
    owner: Owner

    def is_met_by(self, snapshot: AnySnapshot) -> bool:
        """Whether the customer is theirs."""
        return isinstance(snapshot, CustomerSnapshot) and snapshot.owner == self.owner


class CustomerGateway(Protocol):
    """A processor's operations on customers."""

    async def create(self, request: CreateCustomer, *, key: Key) -> Answer:
        """Create the customer; asked twice under one key, create it once."""
        ...

    async def update(self, request: UpdateCustomer, *, key: Key) -> Answer:
        """Change how the customer is known."""
        ...

    async def set_tax_location(self, request: SetTaxLocation, *, key: Key) -> Answer:
        """Say where the customer is taxed; ``TaxLocationInvalid`` changes nothing."""
        ...

    async def assign(self, request: AssignCustomer, *, key: Key) -> Answer:
        """Give the customer to another owner."""
        ...

    async def fetch(self, ref: str) -> Answer:
        """Return the customer as it is now, ``GoneSnapshot`` when it was deleted."""
        ...
