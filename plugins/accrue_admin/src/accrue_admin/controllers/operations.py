"""Operations whose outcome is not known."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from accrue_admin.rendering import go, page
from accrue_core.errors import InvalidRequest
from accrue_core.facade import Billing

STATUSES = ("open", "released", "stuck")
_MOST = 100


class OperationsController(Controller):
    """What processors were asked to do, while nobody knows what came of it."""

    path = "/operations"

    @get("/", name="operations")
    async def listed(
        self,
        billing: NamedDependency[Billing],
        status: FromQuery[str] = "",
        done: FromQuery[str] = "",
    ) -> Template:
        """Show the newest unsettled operations. What was asked is named, never shown in full."""
        if status and status not in STATUSES:
            raise InvalidRequest("operations that have ended are in the ledger, not here")
        found = await billing.open_operations(status=status or None, limit=_MOST)
        return page(
            "operations",
            done=done,
            operations=found,
            status=status,
            statuses=STATUSES,
            most=_MOST,
        )

    @post("/recover", name="recover", status_code=303)
    async def recover(
        self, billing: NamedDependency[Billing], request: Request[Any, Any, Any]
    ) -> Redirect:
        """Find out now what became of those whose process went away."""
        await billing.recover_operations(limit=_MOST)
        return go(request, "operations", query={"done": "recovered"})
