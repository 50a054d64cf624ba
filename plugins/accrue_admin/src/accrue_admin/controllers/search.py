"""The one box in the header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery
from litestar.response import Redirect, Template

from accrue_admin.rendering import go, page
from accrue_admin.search import customers_with_ids, find
from accrue_core.facade import Billing


@dataclass(frozen=True, slots=True)
class SearchForm:
    """What somebody typed or pasted."""

    q: str = ""


class SearchController(Controller):
    """Search."""

    path = "/search"

    @post("/", status_code=303)
    async def ask(
        self,
        billing: NamedDependency[Billing],
        request: Request[Any, Any, Any],
        data: Annotated[SearchForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        """Go straight to the only thing that was found, else to the list of what was.

        An address of a person is never part of a page's address, where logs would keep it: what
        was found goes on by our ids.
        """
        text = data.q.strip()
        if "@" not in text:
            return go(request, "search", query={"q": text})
        hits = await find(billing, text)
        if len(hits) == 1:
            return go(request, hits[0].route, path=hits[0].path)
        return go(request, "search", query={"found": [hit.id for hit in hits] or ["nothing"]})

    @get("/", name="search")
    async def results(
        self,
        billing: NamedDependency[Billing],
        request: Request[Any, Any, Any],
        q: FromQuery[str] = "",
        found: FromQuery[list[str] | None] = None,
    ) -> Template | Redirect:
        """Show what was found, or where else to look."""
        if found is not None:
            hits = await customers_with_ids(billing, found)
            return page("search", q="", hits=hits, was_asked=True)
        hits = await find(billing, q)
        if len(hits) == 1:
            return go(request, hits[0].route, path=hits[0].path)
        return page("search", q=q.strip(), hits=hits, was_asked=bool(q.strip()))
