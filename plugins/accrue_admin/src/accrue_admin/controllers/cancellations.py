"""Cancel a subscription, now or later, or keep it: each asked about before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect, Template

from accrue_admin.cases import dossier_of, table_of
from accrue_admin.consequences import Action, Situation, consequences, offered, support_for
from accrue_admin.days import midnight_ahead, midnight_of, tomorrow
from accrue_admin.listing import PAGE
from accrue_admin.rendering import go, page
from accrue_core.billing.invoices import queries as invoices
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.errors import InvalidRequest
from accrue_core.facade import Billing

When = Literal["now", "period_end", "at"]


@dataclass(frozen=True, slots=True)
class CancelForm:
    """When it shall end. The operation id was minted with the page, so twice is once."""

    when: When
    operation_id: str
    on: str = ""


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
        when: FromQuery[When | None] = None,
        on: FromQuery[str] = "",
    ) -> Template:
        """Say what canceling it will do, and ask; for a day of one's own, ask for that first."""
        subscription = await billing.subscription(subscription_id)
        action = when or _usual(billing, subscription)
        if action != "at":
            return await _confirmation(billing, subscription, action)
        try:
            at = midnight_ahead(on, billing.clock.now()) if on else None
        except InvalidRequest as refused:
            return await _confirmation(billing, subscription, "at", on=on, refused=str(refused))
        return await _confirmation(billing, subscription, "at", on=on, at=at)

    @post("/cancel", status_code=303)
    async def cancel(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        request: Request[Any, Any, Any],
        data: Annotated[CancelForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        """Cancel it, as the operator who is signed in."""
        moment = midnight_of(data.on) if data.when == "at" else data.when
        await billing.cancel(subscription_id, when=moment, operation_id=data.operation_id)
        done = {"now": "canceled", "period_end": "ending", "at": "ending_at"}[data.when]
        return _back(request, subscription_id, done)

    @get("/keep", name="keep")
    async def ask_to_keep(
        self, billing: NamedDependency[Billing], subscription_id: FromPath[str]
    ) -> Template:
        """Say what keeping it will do, and ask."""
        subscription = await billing.subscription(subscription_id)
        return await _confirmation(billing, subscription, "keep")

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


def _ends(billing: Billing, subscription: Subscription) -> dict[Action, bool]:
    """Return the ends that make sense, and whether the processor can bring each about."""
    table = table_of(billing, subscription)
    return {
        action: support_for(action, table).is_available
        for action in offered(subscription)
        if action != "keep"
    }


def _usual(billing: Billing, subscription: Subscription) -> Action:
    """Return the end that is asked about when none is named: the gentlest there is."""
    ends = _ends(billing, subscription)
    return next((action for action, can in ends.items() if can), "period_end")


async def _confirmation(
    billing: Billing,
    subscription: Subscription,
    action: Action,
    *,
    on: str = "",
    at: datetime | None = None,
    refused: str = "",
) -> Template:
    dossier = await dossier_of(billing, subscription)
    async with billing.reading() as reading:
        drawn = await invoices.of_subscription(reading, subscription.id, limit=PAGE)
    now = billing.clock.now()
    situation = Situation(
        subscription=subscription, invoices=drawn, only_here=dossier.only_here, now=now, at=at
    )
    support = support_for(action, table_of(billing, subscription))
    return page(
        "confirm",
        code=422 if refused else 200,
        subscription=subscription,
        customer=dossier.customer,
        action=action,
        ends={} if action == "keep" else _ends(billing, subscription),
        consequences=consequences(action, situation),
        is_offered=action in offered(subscription) and support.is_available,
        support=support,
        tomorrow=tomorrow(now),
        on=on,
        at=at,
        refused=refused,
    )
