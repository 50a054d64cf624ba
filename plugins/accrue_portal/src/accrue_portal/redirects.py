"""Where a form's answer leads: to a page of the portal, or away and back again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.response import Redirect

from accrue_core.facade import Billing
from accrue_core.ids import PREFIXES, to_uuid
from accrue_core.pages.templates import path_to


def see(
    request: Request[Any, Any, Any], route: str, query: dict[str, Any] | None = None, **path: Any
) -> Redirect:
    """Send the browser to a page of the portal, with GET."""
    return Redirect(path_to(request, route, query, **path), status_code=303)


def under(billing: Billing, operation_id: str) -> Billing:
    """Return the verbs under a form's operation id.

    As an ambient id it is bound to the verb and the subscription: whatever somebody writes into
    the form, it can name no operation but one on the subscription that was found to be theirs.
    """
    to_uuid(PREFIXES["operation"], operation_id)
    return billing.acting_as(billing.actor, ambient=operation_id)


def origin_of(request: Request[Any, Any, Any], allowed: Collection[str]) -> str | None:
    """Return the allowed origin by which the browser has come, or the only one there is.

    A proxy may have changed the scheme, so the host decides; and since only an allowed origin is
    ever returned, a made-up host leads nowhere. ``None`` when it cannot be told.
    """
    host = request.headers.get("host", "").lower()
    if (as_asked := f"{request.scope['scheme']}://{host}") in allowed:
        return as_asked
    of_host = sorted(origin for origin in allowed if urlsplit(origin).netloc == host)
    if of_host:
        return of_host[-1]
    return next(iter(allowed)) if len(allowed) == 1 else None
