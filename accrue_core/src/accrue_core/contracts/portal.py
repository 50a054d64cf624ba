"""Billing portal sessions: a processor's own pages on which a customer helps themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from accrue_core.contracts.results import Key
from accrue_core.settings import Secret

PortalFlow = Literal["payment_method_update", "subscription_cancel"]
"""A single thing that the portal opens on, instead of its first page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePortalSession:
    """Open the processor's portal for a customer, who comes back to ``return_url``.

    ``subscription`` is given with ``flow="subscription_cancel"`` and names which one.
    """

    customer: str
    return_url: str
    flow: PortalFlow | None = None
    subscription: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalSession:
    """Where the portal is, for a few minutes. Whoever has the address may act for the customer."""

    url: Secret
    expires_at: datetime | None = None


class PortalGateway(Protocol):
    """A processor's operation on portal sessions."""

    async def create(self, request: CreatePortalSession, *, key: Key) -> PortalSession:
        """Open a session. It changes nothing by itself."""
        ...
