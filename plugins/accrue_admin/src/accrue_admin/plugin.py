"""What Accrue calls: the entry point ``admin`` of the group ``accrue``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from accrue_core.hookspecs import hookimpl

if TYPE_CHECKING:
    from accrue_core.contracts.routes import Mount
    from accrue_core.facade import Billing


@hookimpl
def register_routes(billing: Billing) -> Iterable[Mount]:
    """Offer the operators' pages at ``/admin``. They are closed to all whom auth does not name."""
    from accrue_admin.site import create_admin
    from accrue_core.contracts.routes import Mount

    return (Mount("/admin", create_admin(billing), title="Back office"),)
