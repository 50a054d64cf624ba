"""Another plan, or more seats: the amounts first, then the button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.params import Body, FromQuery
from litestar.response import Redirect, Template

from accrue_core import Billing
from accrue_core.errors import CardDeclined, PreviewStale
from examples.litestar_saas.billing import subscription_of
from examples.litestar_saas.catalog import BY_REF
from examples.litestar_saas.changes import Wish, has_already, make_change, may_change, terms_of
from examples.litestar_saas.pages.plans import FEWEST_SEATS, MOST_SEATS
from examples.litestar_saas.pages.visit import Asked, organization_of, page
from examples.litestar_saas.people import Organization
from examples.litestar_saas.words import change_line, offer_name, plan_name


@dataclass(frozen=True, slots=True)
class Agreement:
    """A change that was agreed to, and the token of the amounts that were shown."""

    plan: str
    token: str
    operation_id: str
    seats: int = 1


AgreementForm = Annotated[Agreement, Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/plans/change", name="change")
async def change(
    request: Asked,
    billing: NamedDependency[Billing],
    plan: FromQuery[str] = "",
    seats: FromQuery[int] = 1,
) -> Template | Redirect:
    """Show what a change costs today and from then on; change nothing."""
    organization = organization_of(request)
    wish = _wish(organization, plan, seats)
    subscription = await subscription_of(billing, organization)
    if subscription is None or not may_change(billing, subscription):
        return Redirect("/plans", status_code=303)
    if has_already(subscription, wish):
        return Redirect("/plans?said=same", status_code=303)
    return await _terms(request, billing, wish)


@post("/plans/change", name="make_change")
async def agreed(
    request: Asked, data: AgreementForm, billing: NamedDependency[Billing]
) -> Template | Redirect:
    """Make the change that was shown, or show again what has become of it.

    The verb decides whether it can be made, so that a form that is sent twice is answered like
    the first. Only an end that was asked for meanwhile is looked at here: a page that promised a
    renewal does not hold.
    """
    organization = organization_of(request)
    wish = _wish(organization, data.plan, data.seats)
    subscription = await subscription_of(billing, organization)
    if subscription is None or subscription.is_ending:
        return Redirect("/plans", status_code=303)
    try:
        outcome = await make_change(
            billing, organization, wish, token=data.token, operation_id=data.operation_id
        )
    except PreviewStale:
        return await _terms(request, billing, wish, notice="stale", status=409)
    except CardDeclined as declined:
        return await _terms(
            request, billing, wish, notice="declined", status=402, advice=declined.advice
        )
    action = outcome.next_action
    if action is not None and action.url is not None:
        return Redirect(action.url.reveal(), status_code=303)
    return Redirect("/" if outcome.value.is_pending else "/plans?said=changed", status_code=303)


async def _terms(
    request: Asked,
    billing: Billing,
    wish: Wish,
    *,
    notice: str = "",
    status: int = 200,
    advice: str = "",
) -> Template:
    organization = organization_of(request)
    terms = await terms_of(billing, organization, wish)
    return page(
        request,
        "change.html",
        status=status,
        terms=terms,
        preview=terms.preview,
        lines=[(change_line(line), line.amount) for line in terms.preview.lines],
        wanted=offer_name(wish.offer, wish.quantity),
        price=wish.offer.price * wish.quantity,
        plan=plan_name(await subscription_of(billing, organization)),
        notice=notice,
        advice=advice,
    )


def _wish(organization: Organization, plan: str, seats: int) -> Wish:
    offer = BY_REF.get(plan)
    if offer is None or offer.price.currency != organization.currency:
        raise ClientException("that is not one of the plans")
    if offer.has_seats and not FEWEST_SEATS <= seats <= MOST_SEATS:
        raise ClientException(f"a team has {FEWEST_SEATS} to {MOST_SEATS} seats")
    return Wish(offer, seats)
