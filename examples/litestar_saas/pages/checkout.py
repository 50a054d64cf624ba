"""Checkout: off to the processor's page, and back to a page that says what is true."""

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
from examples.litestar_saas.billing import (
    Finding,
    begin_checkout,
    finish_checkout,
    may_choose,
    offer_of,
)
from examples.litestar_saas.catalog import BY_REF
from examples.litestar_saas.pages.plans import FEWEST_SEATS, MOST_SEATS
from examples.litestar_saas.pages.visit import Asked, host_of, organization_of, page
from examples.litestar_saas.words import plan_name, standing

_LOOK_AGAIN = frozenset({Finding.CONFIRMING, Finding.WAITING, Finding.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Choice:
    """What a visitor would like to buy; the id was minted when the form was made."""

    offer: str
    operation_id: str
    seats: int = 1


ChoiceForm = Annotated[Choice, Body(media_type=RequestEncodingType.URL_ENCODED)]


@post("/checkout", name="checkout")
async def checkout(request: Asked, data: ChoiceForm, billing: NamedDependency[Billing]) -> Redirect:
    """Open a checkout session and send the browser there."""
    organization, offer = organization_of(request), BY_REF.get(data.offer)
    if offer is None or offer.price.currency != organization.currency:
        raise ClientException("that is not one of the plans")
    if offer.has_seats and not FEWEST_SEATS <= data.seats <= MOST_SEATS:
        raise ClientException(f"a team has {FEWEST_SEATS} to {MOST_SEATS} seats")
    if not await may_choose(billing, organization):
        return Redirect("/plans?refused=1", status_code=303)
    address = await begin_checkout(
        billing,
        organization,
        offer,
        seats=data.seats,
        origin=host_of(request).origin,
        operation_id=data.operation_id,
    )
    return Redirect(address, status_code=303)


@get("/checkout/done", name="checkout_done")
async def checkout_done(
    request: Asked, billing: NamedDependency[Billing], session: FromQuery[str] = ""
) -> Template:
    """Say what came of a checkout. It grants nothing: it asks, and shows what is mirrored."""
    organization = organization_of(request)
    if not 0 < len(session) <= 255:
        raise ClientException("the address is not complete")
    result = await finish_checkout(billing, organization, session)
    subscription = result.subscription
    return page(
        request,
        "checkout_done.html",
        status=404 if result.finding == Finding.UNKNOWN else 200,
        finding=result.finding.value,
        page_of_processor=result.page,
        plan=plan_name(subscription),
        offer=None if subscription is None else offer_of(subscription),
        standing=standing(subscription),
        is_open=await billing.entitled(organization, "reports"),
        is_worth_another_look=result.finding in _LOOK_AGAIN,
        session=session,
    )
