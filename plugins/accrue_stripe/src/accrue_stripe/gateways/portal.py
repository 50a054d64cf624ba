"""Stripe's customer portal."""

from __future__ import annotations

from accrue_core.contracts.portal import CreatePortalSession, PortalSession
from accrue_core.contracts.results import Key
from accrue_stripe.connection import Connection, wire
from accrue_stripe.errors import translated
from accrue_stripe.params.checkout import new_portal
from accrue_stripe.translate.checkout import portal_session


class StripePortal:
    """The operation on portal sessions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, request: CreatePortalSession, *, key: Key) -> PortalSession:
        """Open a session. What it offers is configured in Stripe's dashboard."""
        with translated("customer", request.customer):
            remote = await self._connection.client.v1.billing_portal.sessions.create_async(
                new_portal(request), {"idempotency_key": key.idempotency_key}
            )
        return portal_session(wire(remote))
