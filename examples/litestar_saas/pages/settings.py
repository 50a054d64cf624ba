"""Settings: the plan in short, the way to the billing pages, and who is a member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.params import Body
from litestar.response import Redirect, Template

from accrue_core import Billing
from examples.litestar_saas.billing import card_page, may_choose, subscription_of
from examples.litestar_saas.pages.visit import Asked, host_of, organization_of, page
from examples.litestar_saas.people import Organization, members_of
from examples.litestar_saas.words import plan_name, standing


@dataclass(frozen=True, slots=True)
class Change:
    """A wish about the subscription; its id was minted when the form was made."""

    operation_id: str


ChangeForm = Annotated[Change, Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/settings", name="settings")
async def settings(request: Asked) -> Template:
    """Show what belongs to the organization."""
    organization, billing = organization_of(request), host_of(request).accrue.billing
    subscription = await subscription_of(billing, organization)
    invoices = (await billing.invoices(organization)).items
    customer = await billing.find_customer(organization, processor=billing.settings.processor)
    return page(
        request,
        "settings.html",
        organization=organization,
        members=members_of(organization),
        subscription=subscription,
        plan=plan_name(subscription),
        standing=standing(subscription, invoices),
        may_choose=await may_choose(billing, organization),
        has_customer=customer is not None,
    )


@post("/subscription/cancel", name="cancel")
async def cancel(request: Asked, data: ChangeForm, billing: NamedDependency[Billing]) -> Redirect:
    """End it with the period that is paid for."""
    subscription_id = await _own_subscription(billing, organization_of(request))
    await billing.cancel(subscription_id, operation_id=data.operation_id)
    return Redirect("/settings", status_code=303)


@post("/subscription/keep", name="keep")
async def keep(request: Asked, data: ChangeForm, billing: NamedDependency[Billing]) -> Redirect:
    """Take a pending end back."""
    subscription_id = await _own_subscription(billing, organization_of(request))
    await billing.keep(subscription_id, operation_id=data.operation_id)
    return Redirect("/settings", status_code=303)


@post("/subscription/pause", name="pause")
async def pause(request: Asked, data: ChangeForm, billing: NamedDependency[Billing]) -> Redirect:
    """Collect nothing until it is resumed; invoices that fall due meanwhile are void."""
    subscription_id = await _own_subscription(billing, organization_of(request))
    await billing.pause(subscription_id, invoices="void", operation_id=data.operation_id)
    return Redirect("/settings", status_code=303)


@post("/subscription/resume", name="resume")
async def resume(request: Asked, data: ChangeForm, billing: NamedDependency[Billing]) -> Redirect:
    """End a pause."""
    subscription_id = await _own_subscription(billing, organization_of(request))
    await billing.resume(subscription_id, operation_id=data.operation_id)
    return Redirect("/settings", status_code=303)


@post("/card", name="card")
async def card(request: Asked, billing: NamedDependency[Billing]) -> Redirect:
    """Send the browser to the processor's page on which a card is changed."""
    address = await card_page(billing, organization_of(request), origin=host_of(request).origin)
    return Redirect(address, status_code=303)


async def _own_subscription(billing: Billing, organization: Organization) -> str:
    """Return the organization's subscription; a form cannot name another's."""
    subscription = await subscription_of(billing, organization)
    if subscription is None:
        raise ClientException("there is no subscription")
    return subscription.id
