"""What forms bring, and where their answers lead."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from litestar import Request
from litestar.response import Redirect

from accrue_core.pages.templates import path_to


async def chosen(request: Request[Any, Any, Any], name: str, among: Collection[str]) -> str | None:
    """Return a field's value if it is one of those that the page offered."""
    value = (await request.form()).get(name)
    return value if isinstance(value, str) and value in among else None


def to_page(
    request: Request[Any, Any, Any], route: str, query: dict[str, Any] | None = None, **path: str
) -> Redirect:
    """Send the browser to one of these pages, wherever the host has mounted them."""
    return Redirect(path_to(request, route, query, **path), status_code=303)


def sent_to(url: str) -> Redirect:
    """Send the browser to an address that came with the session, and to no other."""
    return Redirect(url, status_code=303)
