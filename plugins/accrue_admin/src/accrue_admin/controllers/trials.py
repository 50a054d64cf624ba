"""Let a trial end on another day, or now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect, Template

from accrue_admin import outlooks
from accrue_admin.cases import dossier_of, table_of
from accrue_admin.days import midnight_ahead, tomorrow
from accrue_admin.deeds import is_offered
from accrue_admin.rendering import go, page
from accrue_core.errors import InvalidRequest
from accrue_core.facade import Billing


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendForm:
    """The day on which the trial is to end."""

    until: str
    operation_id: str


@dataclass(frozen=True, slots=True)
class EndForm:
    """Nothing but the operation id that was minted with the page."""

    operation_id: str


class TrialsController(Controller):
    """One page with both, and what each of them does."""

    path = "/subscriptions/{subscription_id:str}/trial"

    @get("/", name="trial")
    async def ask(
        self, billing: NamedDependency[Billing], subscription_id: FromPath[str]
    ) -> Template:
        """Say what another end does, and ask."""
        return await _trial(billing, subscription_id)

    @post("/", status_code=303)
    async def extend(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        request: Request[Any, Any, Any],
        data: Annotated[ExtendForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect | Template:
        """Let it end on another day, as the operator who is signed in."""
        try:
            until = midnight_ahead(data.until, billing.clock.now())
            await billing.extend_trial(subscription_id, until=until, operation_id=data.operation_id)
        except InvalidRequest as refused:
            return await _trial(billing, subscription_id, until=data.until, refused=str(refused))
        path = {"subscription_id": subscription_id}
        return go(request, "subscription", path=path, query={"done": "trial_moved"})

    @post("/end", name="end_trial", status_code=303)
    async def end(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        request: Request[Any, Any, Any],
        data: Annotated[EndForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        """End it now, as the operator who is signed in."""
        outcome = await billing.end_trial(subscription_id, operation_id=data.operation_id)
        done = "trial_unpaid" if outcome.value.is_owing else "trial_ended"
        path = {"subscription_id": subscription_id}
        return go(request, "subscription", path=path, query={"done": done})


async def _trial(
    billing: Billing, subscription_id: str, *, until: str = "", refused: str = ""
) -> Template:
    subscription = await billing.subscription(subscription_id)
    dossier = await dossier_of(billing, subscription)
    now = billing.clock.now()
    return page(
        "trial",
        code=422 if refused else 200,
        subscription=subscription,
        customer=dossier.customer,
        moving=outlooks.of_moving_the_trial(dossier),
        ending=outlooks.of_ending_the_trial(dossier, now),
        is_offered=is_offered("trial", subscription, table_of(billing, subscription)),
        tomorrow=tomorrow(now),
        until=until,
        refused=refused,
    )
