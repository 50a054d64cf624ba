"""Another plan, or other seats: chosen, shown with every amount, and made as it was shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect, Template

from accrue_core.contracts.changes import Proration
from accrue_core.errors import (
    AccrueError,
    CardDeclined,
    Conflict,
    IllegalTransition,
    PreviewStale,
    ProcessorRejected,
)
from accrue_core.facade import Billing
from accrue_core.owners import Owner
from accrue_portal import change_copy as copy
from accrue_portal.account import Account, Holding, own
from accrue_portal.costs import Cost, cost_in
from accrue_portal.moved import shown_in, what_moved
from accrue_portal.offers import (
    Choice,
    choices_of,
    has_seats,
    name_of_price,
    offered_prices,
)
from accrue_portal.redirects import origin_of, see, under
from accrue_portal.settings import PortalSettings
from accrue_portal.terms import Terms
from accrue_portal.wishes import NotChosen, Wish, granted, previewed, proration_for, wish_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedForm:
    """What was shown: the change itself, the token of its amounts, and what was said to be due.

    ``to`` is what was chosen, for the page to be shown again.
    """

    operation_id: str
    item: str
    quantity: int
    proration: Proration
    token: str
    to: str
    price: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every handler here needs of a request."""

    request: Request[Any, Any, Any]
    billing: Billing
    settings: PortalSettings
    account: Account
    holding: Holding

    @property
    def choices(self) -> tuple[Choice, ...]:
        return choices_of(self.holding, self.billing.catalog, self.settings)


@get("/subscriptions/{subscription_id:str}/change", name="change")
async def choose(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    settings: NamedDependency[PortalSettings],
    owner: NamedDependency[Owner],
    subscription_id: FromPath[str],
    to: FromQuery[str] = "",
    seats: FromQuery[str] = "",
) -> Template | Redirect:
    """Show what can be chosen; where nothing can, how things stand."""
    account, holding = await own(billing, owner, subscription_id)
    desk = _Desk(request, billing, settings, account, holding)
    if not desk.choices:
        return see(request, "subscription", subscription_id=holding.id)
    return _choice(desk, to, seats)


@get("/subscriptions/{subscription_id:str}/change/amounts", name="amounts")
async def amounts(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    settings: NamedDependency[PortalSettings],
    owner: NamedDependency[Owner],
    subscription_id: FromPath[str],
    to: FromQuery[str] = "",
    seats: FromQuery[str] = "",
) -> Template | Redirect:
    """Ask the processor what it would cost, and show it; change nothing."""
    account, holding = await own(billing, owner, subscription_id)
    desk = _Desk(request, billing, settings, account, holding)
    if not desk.choices:
        return see(request, "subscription", subscription_id=holding.id)
    try:
        wish = wish_of(desk.choices, to, seats, proration=proration_for(holding))
        return await _amounts(desk, wish, to)
    except NotChosen as missing:
        return _choice(desk, to, seats, said=str(missing))
    except ProcessorRejected:
        return _choice(desk, to, seats, said=copy.NOT_FOR_YOU)


@post("/subscriptions/{subscription_id:str}/change", name="confirm_change", status_code=303)
async def change(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    settings: NamedDependency[PortalSettings],
    owner: NamedDependency[Owner],
    subscription_id: FromPath[str],
    data: Annotated[AgreedForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Template | Redirect:
    """Make exactly the change that was shown, or show what has become of it.

    The verb decides whether it can be made, so that a form that is sent twice is answered like
    the first. What this site does not sell, and what has been set to end meanwhile, is refused
    before: no page has offered that.
    """
    account, holding = await own(billing, owner, subscription_id)
    desk = _Desk(request, billing, settings, account, holding)
    wish = Wish(item=data.item, price=data.price, quantity=data.quantity, proration=data.proration)
    _require_offered(desk, wish)
    verbs = under(billing, data.operation_id)
    try:
        outcome = await granted(verbs, holding.id, wish, token=data.token)
    except PreviewStale:
        return await _again(desk, wish, data, code=409)
    except CardDeclined as declined:
        return await _again(desk, wish, data, code=402, declined=declined.advice)
    action = outcome.next_action
    if action is not None and action.url is not None:
        return Redirect(action.url.reveal(), status_code=303)
    done = "waiting" if outcome.value.is_pending else "changed"
    return see(request, "subscription", {"done": done}, subscription_id=holding.id)


def _require_offered(desk: _Desk, wish: Wish) -> None:
    if not desk.settings.sells_changes or not _is_sold(desk, wish) or wish.proration == "none":
        raise Conflict("this is not, or no longer, what the page offers")
    if desk.holding.is_ending:
        raise IllegalTransition(
            verb="change",
            noun="subscription",
            status="set to end",
            allowed=frozenset({"going on"}),
        )


def _is_sold(desk: _Desk, wish: Wish) -> bool:
    """Whether this site sells it at all; a number only of what has seats."""
    catalog, settings = desk.billing.catalog, desk.settings
    if not wish.price:
        return wish.quantity == 1 or has_seats(wish.item, desk.holding, catalog, settings)
    offers = [
        offer
        for offer, price in offered_prices(desk.holding, catalog, settings)
        if price == wish.price
    ]
    return any(wish.quantity == 1 or offer.has_seats for offer in offers)


def _choice(desk: _Desk, to: str, seats: str, *, said: str = "") -> Template:
    context = {
        "account": desk.account,
        "holding": desk.holding,
        "choices": desk.choices,
        "to": to,
        "seats": seats,
        "said": said,
    }
    return Template("accrue_portal/change.html", context=context, status_code=422 if said else 200)


async def _again(
    desk: _Desk, wish: Wish, data: AgreedForm, *, code: int, declined: str = ""
) -> Template | Redirect:
    """Show the amounts of now; where nothing can be chosen any more, how things stand."""
    if not desk.choices:
        return see(desk.request, "subscription", subscription_id=desk.holding.id)
    if not any(one.key == data.to for one in desk.choices):
        return _choice(desk, "", "", said=copy.AMOUNTS_MOVED)
    shown = "" if declined else data.shown or "-"
    return await _amounts(desk, wish, data.to, code=code, declined=declined, shown=shown)


async def _amounts(
    desk: _Desk, wish: Wish, to: str, *, code: int = 200, declined: str = "", shown: str = ""
) -> Template:
    holding, billing = desk.holding, desk.billing
    preview = await previewed(billing, holding.id, wish)
    terms = Terms(
        holding=holding,
        choice=next(one for one in desk.choices if one.key == to),
        wish=wish,
        preview=preview,
        catalog=billing.catalog,
        then=cost_in(preview) or await _cost_then(billing, holding.id, wish),
        called=partial(
            name_of_price, holding=holding, catalog=billing.catalog, settings=desk.settings
        ),
    )
    context = {
        "account": desk.account,
        "holding": holding,
        "terms": terms,
        "preview": preview,
        "shown": shown_in(preview),
        "to": to,
        "declined": declined,
        "moved": what_moved(shown, preview) if shown else "",
        "can_visit": origin_of(desk.request, billing.settings.allowed_origins) is not None,
    }
    return Template("accrue_portal/amounts.html", context=context, status_code=code)


async def _cost_then(billing: Billing, subscription_id: str, wish: Wish) -> Cost | None:
    """Return what a whole period will cost, as the next renewal says it, if it says it."""
    try:
        return cost_in(await previewed(billing, subscription_id, wish, proration="none"))
    except AccrueError:
        return None


HANDLERS = (choose, amounts, change)
