"""Billing portal sessions, which Braintree does not have."""

from __future__ import annotations

from accrue_braintree.connection import Connection
from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.portal import CreatePortalSession, PortalSession
from accrue_core.contracts.results import Key
from accrue_core.errors import UnsupportedCapability


class BraintreePortal:
    """The operation on portal sessions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self,
        request: CreatePortalSession,  # noqa: ARG002
        *,
        key: Key,  # noqa: ARG002
    ) -> PortalSession:
        """Refuse: Braintree has no pages of its own for customers."""
        raise UnsupportedCapability(
            processor=self._connection.name, capability=Capability.BILLING_PORTAL
        )
