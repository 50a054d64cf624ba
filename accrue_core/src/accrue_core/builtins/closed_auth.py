"""The auth adapter of a host that has not said who anybody is: nobody gets in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from accrue_core.contracts.auth import AuthAdapter, Identity
from accrue_core.hookspecs import hookimpl
from accrue_core.settings import Settings


class ClosedAuth:
    """Recognises nobody."""

    name = "closed"

    async def identify(self, scope: Mapping[str, Any]) -> Identity | None:
        """Return nobody."""
        del scope
        return None


@hookimpl
def register_auth_adapters(settings: Settings) -> Iterable[AuthAdapter]:
    """Offer the closed door."""
    del settings
    return (ClosedAuth(),)
