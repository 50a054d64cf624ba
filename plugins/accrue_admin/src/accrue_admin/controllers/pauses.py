"""Stop collecting for a while, and go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect, Template

from accrue_admin import copy, outlooks
from accrue_admin.cases import dossier_of, table_of
from accrue_admin.days import midnight_ahead, tomorrow
from accrue_admin.deeds import is_offered, ways_to_pause
from accrue_admin.rendering import go, page
from accrue_core.contracts.capabilities import UNSUPPORTED, Capability
from accrue_core.contracts.changes import PauseBehavior
from accrue_core.errors import InvalidRequest
from accrue_core.facade import Billing


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseForm:
    """What becomes of the invoices, and the day on which it ends by itself, if on any."""

    invoices: PauseBehavior
    operation_id: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class ResumeForm:
    """Nothing but the operation id that was minted with the page."""

    operation_id: str


class PausesController(Controller):
    """The pause, and its end."""

    path = "/subscriptions/{subscription_id:str}"

    @get("/pause", name="pause")
    async def ask_to_pause(
        self, billing: NamedDependency[Billing], subscription_id: FromPath[str]
    ) -> Template:
        """Say what a pause does, and ask what shall become of the invoices."""
        return await _pausing(billing, subscription_id)

    @post("/pause", status_code=303)
    async def pause(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        request: Request[Any, Any, Any],
        data: Annotated[PauseForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect | Template:
        """Pause it, as the operator who is signed in."""
        try:
            until = midnight_ahead(data.until, billing.clock.now()) if data.until else None
            if until is not None and data.invoices == "none":
                raise InvalidRequest(copy.NO_DAY_FOR_ALL_OF_IT)
        except InvalidRequest as refused:
            return await _pausing(billing, subscription_id, form=data, refused=str(refused))
        await billing.pause(
            subscription_id, invoices=data.invoices, until=until, operation_id=data.operation_id
        )
        path = {"subscription_id": subscription_id}
        return go(request, "subscription", path=path, query={"done": "paused"})

    @get("/resume", name="resume")
    async def ask_to_resume(
        self, billing: NamedDependency[Billing], subscription_id: FromPath[str]
    ) -> Template:
        """Say what ending the pause does, and ask."""
        subscription = await billing.subscription(subscription_id)
        dossier = await dossier_of(billing, subscription)
        return page(
            "resume",
            subscription=subscription,
            customer=dossier.customer,
            meaning=outlooks.of_resuming(dossier),
            is_offered=is_offered("resume", subscription, table_of(billing, subscription)),
        )

    @post("/resume", status_code=303)
    async def resume(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        request: Request[Any, Any, Any],
        data: Annotated[ResumeForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        """End the pause, as the operator who is signed in."""
        await billing.resume(subscription_id, operation_id=data.operation_id)
        path = {"subscription_id": subscription_id}
        return go(request, "subscription", path=path, query={"done": "resumed"})


async def _pausing(
    billing: Billing,
    subscription_id: str,
    *,
    form: PauseForm | None = None,
    refused: str = "",
) -> Template:
    subscription = await billing.subscription(subscription_id)
    dossier, table = await dossier_of(billing, subscription), table_of(billing, subscription)
    ways = ways_to_pause(subscription, table)
    return page(
        "pause",
        code=422 if refused else 200,
        subscription=subscription,
        customer=dossier.customer,
        meaning=outlooks.of_pausing(dossier, ways),
        is_offered=is_offered("pause", subscription, table),
        ways=ways,
        can_last=(table or {}).get(Capability.PAUSE, UNSUPPORTED).is_available,
        can_end=(table or {}).get(Capability.PAUSE_UNTIL, UNSUPPORTED).is_available,
        tomorrow=tomorrow(billing.clock.now()),
        form=form,
        refused=refused,
    )
