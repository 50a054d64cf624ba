"""Portal sessions, as the fake processor keeps them."""

from __future__ import annotations

from accrue_core.contracts.portal import CreatePortalSession, PortalSession
from accrue_core.contracts.results import Key
from accrue_fake.backend import Backend


class FakePortal:
    """The engine's portal."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def create(self, request: CreatePortalSession, *, key: Key) -> PortalSession:
        """Open a session. It changes nothing by itself."""
        session: PortalSession = await self._backend.call(
            "portal", "create", {"request": request, "key": key}
        )
        return session
