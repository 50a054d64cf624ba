"""Cancel a subscription, now or later, or keep it: each asked about before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect, Template

from accrue_admin.consequences import (
    Action,
    Situation,
    consequences,
    offered,
    only_granted_by,
    support_for,
)
from accrue_admin.listing import PAGE
from accrue_admin.rendering import go, page
from accrue_core.billing.customers import queries as customers
from accrue_core.billing.customers.models import Customer
from accrue_core.billing.invoices import queries as invoices
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.facade import Billing


@dataclass(frozen=True, slots=True)
class CancelForm:
    """When it shall end. The operation id was minted with the page, so twice is once."""

    when: Action
    operation_id: str


@dataclass(frozen=True, slots=True)
class KeepForm:
    """Nothing but the operation id that was minted with the page."""

    operation_id: str


class CancellationsController(Controller):
    """Confirmations, and what they confirm."""

    path = "/subscriptions/{subscription_id:str}"

    @get("/cancel", name="cancel")
    async def ask_to_cancel(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        when: FromQuery[Action] = "period_end",
    ) -> Template:
        """Say what canceling it will do, and ask."""
        return await _confirmation(
            billing, subscription_id, "now" if when == "now" else "period_end"
        )

    @post("/cancel", status_code=303)
    async def cancel(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        request: Request[Any, Any, Any],
        data: Annotated[CancelForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        """Cancel it, as the operator who is signed in."""
        when: Literal["now", "period_end"] = "now" if data.when == "now" else "period_end"
        await billing.cancel(subscription_id, when=when, operation_id=data.operation_id)
        done = "canceled" if when == "now" else "ending"
        return _back(request, subscription_id, done)

    @get("/keep", name="keep")
    async def ask_to_keep(
        self, billing: NamedDependency[Billing], subscription_id: FromPath[str]
    ) -> Template:
        """Say what keeping it will do, and ask."""
        return await _confirmation(billing, subscription_id, "keep")

    @post("/keep", status_code=303)
    async def keep(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        request: Request[Any, Any, Any],
        data: Annotated[KeepForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        """Take a pending end back, as the operator who is signed in."""
        await billing.keep(subscription_id, operation_id=data.operation_id)
        return _back(request, subscription_id, "kept")


def _back(request: Request[Any, Any, Any], subscription_id: str, done: str) -> Redirect:
    path = {"subscription_id": subscription_id}
    return go(request, "subscription", path=path, query={"done": done})


async def _confirmation(billing: Billing, subscription_id: str, action: Action) -> Template:
    subscription = await billing.subscription(subscription_id)
    customer, situation = await _situation(billing, subscription)
    processor = billing.plugins.processors.get(subscription.processor)
    support = support_for(action, processor.support if processor is not None else None)
    return page(
        "confirm",
        subscription=subscription,
        customer=customer,
        action=action,
        consequences=consequences(action, situation),
        is_offered=action in offered(subscription) and support.is_available,
        support=support,
    )


async def _situation(
    billing: Billing, subscription: Subscription
) -> tuple[Customer | None, Situation]:
    async with billing.reading() as reading:
        ids = [subscription.customer_id] if subscription.customer_id else []
        customer = next(iter((await customers.by_ids(reading, ids)).values()), None)
        drawn = await invoices.of_subscription(reading, subscription.id, limit=PAGE)
    only_here: frozenset[str] = frozenset()
    if customer is not None and customer.owner is not None:
        access = await billing.explain_access(customer.owner)
        only_here = only_granted_by(subscription.id, access, billing.catalog)
    return customer, Situation(
        subscription=subscription,
        invoices=drawn,
        only_here=only_here,
        now=billing.clock.now(),
    )
