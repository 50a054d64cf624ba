"""Who is asking, and what every page is given."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import PermissionDeniedException
from litestar.response import Template

from accrue_core.ids import PREFIXES, to_text
from examples.litestar_saas.people import Organization, Person
from examples.litestar_saas.wiring import Host

Asked = Request[Any, Any, State]


def host_of(request: Asked) -> Host:
    """Return the host that this application is."""
    host: Host = request.app.state.host
    return host


def person_of(request: Asked) -> Person | None:
    """Return who is signed in."""
    session = host_of(request).sessions.of(request.scope)
    return None if session is None else session.person


def organization_of(request: Asked) -> Organization:
    """Return the organization of whoever is signed in: the only one that they can act for."""
    person = person_of(request)
    if person is None or person.is_operator:
        raise PermissionDeniedException("sign in as a member of an organization")
    return person.organization


def page(request: Asked, name: str, *, status: int = 200, **context: Any) -> Template:
    """Return a page, with what the frame around it needs."""
    host = host_of(request)

    def new_operation() -> str:
        """Name what a form will do, so that sending it twice does it once."""
        return to_text(PREFIXES["operation"], host.accrue.runtime.ids.new())

    frame = {
        "host": host,
        "person": person_of(request),
        "now": host.accrue.billing.clock.now(),
        "new_operation": new_operation,
        "theatre": request.app.state.get("theatre"),
        "path": request.url.path,
    }
    return Template(name, context={**frame, **context}, status_code=status)
