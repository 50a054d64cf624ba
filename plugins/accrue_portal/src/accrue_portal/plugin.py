"""What the portal gives to Accrue: pages on which owners look after their own billing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from accrue_core.hookspecs import hookimpl

if TYPE_CHECKING:
    from accrue_core.contracts.routes import Mount
    from accrue_core.facade import Billing


@hookimpl
def register_routes(billing: Billing) -> Iterable[Mount]:
    """Offer the portal at ``/portal``.

    It shows nothing by itself: whom it opens to is the auth adapter's answer, on each request,
    and the built-in ``closed`` adapter recognises nobody.
    """
    from accrue_core.contracts.routes import Mount
    from accrue_portal.settings import PortalSettings
    from accrue_portal.site import create_portal

    return (Mount("/portal", create_portal(billing, PortalSettings.from_env()), title="Billing"),)
