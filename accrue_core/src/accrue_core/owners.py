"""Owners: the host's users, teams or organizations that pay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from accrue_core.errors import InvalidRequest
from accrue_core.text import checked_text


@dataclass(frozen=True, slots=True)
class Owner:
    """A kind of payer and the host's key for one of them, as text.

    The pair is stored and compared as it is written: choose stable words. Renaming a class in
    the host must not orphan its customers.

    >>> str(Owner("team", "42"))
    'team:42'
    """

    type: str
    id: str

    def __post_init__(self) -> None:
        for name, value, limit in (("type", self.type, 40), ("id", self.id, 200)):
            checked_text(value, name=f"an owner's {name}", longest=limit)
        if ":" in self.type:
            raise InvalidRequest("an owner's type may not contain a colon")

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"


@dataclass(frozen=True, slots=True)
class BillingContact:
    """How an owner is reached about money. Personal: sent to the processor, never logged."""

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)


@runtime_checkable
class Billable(Protocol):
    """A host object that can name its owner. Verbs take one wherever they take an ``Owner``."""

    def billing_owner(self) -> Owner:
        """Return the owner this object stands for."""
        ...

    def billing_contact(self) -> BillingContact:
        """Return the name and address the processor should know."""
        ...


def owner_of(payer: Owner | Billable) -> Owner:
    """Return the owner itself, or ask a billable for it."""
    if isinstance(payer, Owner):
        return payer
    if isinstance(payer, Billable):
        return payer.billing_owner()
    raise InvalidRequest(
        f"expected an Owner or an object with billing_owner(), not {type(payer).__name__}"
    )


def contact_of(payer: Owner | Billable) -> BillingContact:
    """Return a billable's contact; a bare owner has none."""
    return BillingContact() if isinstance(payer, Owner) else payer.billing_contact()
