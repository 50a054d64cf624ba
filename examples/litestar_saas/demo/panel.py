"""The panel on every page: what day it is, and the buttons that let time pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery
from litestar.response import Redirect, Template

from examples.litestar_saas.demo.clockwork import STEPS, Step
from examples.litestar_saas.demo.theatre import Theatre
from examples.litestar_saas.pages.visit import Asked, page

_PATIENCE = 4.0
"""Seconds that a visitor's browser is kept waiting; what takes longer shows how far it is."""

_OPEN = ("/static/", "/billing/")


@dataclass(frozen=True, slots=True)
class Wish:
    """How far the clock shall go from the moment that was ``seen``, and where to go ``back`` to."""

    step: Step
    seen: str
    back: str = "/"


WishForm = Annotated[Wish, Body(media_type=RequestEncodingType.URL_ENCODED)]


@post("/demo/clock", name="advance")
async def advance(request: Asked, data: WishForm) -> Redirect:
    """Let time pass, and wait for it a little. Sent twice, it passes once."""
    clockwork = _theatre(request).clockwork
    clockwork.let_pass(data.step, seen=data.seen)
    back = _own_page(data.back)
    if await clockwork.wait(_PATIENCE) and not clockwork.has_failed:
        return Redirect(back, status_code=303)
    return Redirect(f"/demo/clock?{urlencode({'back': back})}", status_code=303)


@get("/demo/clock", name="clock")
async def clock(request: Asked, back: FromQuery[str] = "/") -> Template | Redirect:
    """Show how far time has passed; once it has, lead back."""
    clockwork = _theatre(request).clockwork
    if not clockwork.is_running and not clockwork.has_failed:
        return Redirect(_own_page(back), status_code=303)
    return page(request, "clock.html", clockwork=clockwork, back=_own_page(back), has_panel=False)


async def wait_for_the_year(request: Asked) -> Response[object] | None:
    """Show how far the seeding is, in place of every page of the host."""
    theatre, path = _theatre(request), request.url.path
    if theatre.is_ready or path.startswith(_OPEN):
        return None
    answer: Response[object] = page(  # type: ignore[assignment]
        request,
        "seeding.html",
        status=503,
        percent=theatre.seeding.percent,
        has_panel=False,
        person=None,
    )
    return answer


def steps() -> tuple[Step, ...]:
    """Return how far the clock can be moved at once."""
    return STEPS


def _theatre(request: Asked) -> Theatre:
    theatre: Theatre = request.app.state.theatre
    return theatre


def _own_page(path: str) -> str:
    """Return a path of this host, and the first page for everything else."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_own and len(path) < 200 else "/"


HANDLERS = (advance, clock)
