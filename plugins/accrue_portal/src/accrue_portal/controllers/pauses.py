"""A pause, where the host allows its customers to make one, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body, FromPath
from litestar.response import Redirect, Template

from accrue_core.contracts.changes import CollectionPause
from accrue_core.facade import Billing
from accrue_core.owners import Owner
from accrue_portal import change_copy as copy
from accrue_portal.account import own
from accrue_portal.offers import may_pause
from accrue_portal.redirects import see, under
from accrue_portal.settings import PortalSettings


@dataclass(frozen=True, slots=True)
class DeedForm:
    """The operation that the form was minted for."""

    operation_id: str


Data = Annotated[DeedForm, Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/subscriptions/{subscription_id:str}/pause", name="pause")
async def ask_to_pause(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    settings: NamedDependency[PortalSettings],
    owner: NamedDependency[Owner],
    subscription_id: FromPath[str],
) -> Template | Redirect:
    """Say what a pause means, and ask; where it makes no sense, say how things stand."""
    _allowed(settings)
    account, holding = await own(billing, owner, subscription_id)
    if not may_pause(holding):
        return see(request, "subscription", subscription_id=holding.id)
    closes = [copy.pause_closes(holding.closes)] if holding.closes else []
    meaning = [copy.PAUSE_MEANS, *closes, copy.PAUSE_PERIODS]
    context = {"account": account, "holding": holding, "meaning": meaning}
    return Template("accrue_portal/pause.html", context=context)


@post("/subscriptions/{subscription_id:str}/pause", name="confirm_pause", status_code=303)
async def pause(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    settings: NamedDependency[PortalSettings],
    owner: NamedDependency[Owner],
    subscription_id: FromPath[str],
    data: Data,
) -> Redirect:
    """Pause it, in the one way that the host allows."""
    invoices = _allowed(settings)
    _, holding = await own(billing, owner, subscription_id)
    await under(billing, data.operation_id).pause(holding.id, invoices=invoices)
    return see(request, "subscription", {"done": "paused"}, subscription_id=holding.id)


@post("/subscriptions/{subscription_id:str}/resume", name="resume", status_code=303)
async def resume(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    settings: NamedDependency[PortalSettings],
    owner: NamedDependency[Owner],
    subscription_id: FromPath[str],
    data: Data,
) -> Redirect:
    """End a pause."""
    _allowed(settings)
    _, holding = await own(billing, owner, subscription_id)
    await under(billing, data.operation_id).resume(holding.id)
    return see(request, "subscription", {"done": "resumed"}, subscription_id=holding.id)


def _allowed(settings: PortalSettings) -> CollectionPause:
    """Return what becomes of the invoices; without a word of the host's there is no such page."""
    if settings.pause is None:
        raise NotFoundException
    return settings.pause


HANDLERS = (ask_to_pause, pause, resume)
