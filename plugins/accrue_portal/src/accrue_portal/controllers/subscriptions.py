"""One subscription: how it stands, ending it, and changing one's mind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect, Template

from accrue_core.errors import Conflict
from accrue_core.facade import Billing
from accrue_core.owners import Owner
from accrue_portal.account import own
from accrue_portal.bills import bill_of
from accrue_portal.endings import When, ending_of, is_offered
from accrue_portal.names import feature_words
from accrue_portal.offers import ways_of
from accrue_portal.redirects import origin_of, see, under
from accrue_portal.settings import PortalSettings
from accrue_portal.views import view_of


@dataclass(frozen=True, slots=True)
class CancelForm:
    """What was confirmed: ``when`` is the end whose consequences the page had told."""

    operation_id: str
    when: When


@dataclass(frozen=True, slots=True)
class KeepForm:
    """The operation that the form was minted for."""

    operation_id: str


@get("/subscriptions/{subscription_id:str}", name="subscription")
async def subscription(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    settings: NamedDependency[PortalSettings],
    owner: NamedDependency[Owner],
    subscription_id: FromPath[str],
    done: FromQuery[str] = "",
) -> Template:
    """Show one subscription. What a form has just ``done`` is said only where it is so."""
    account, holding = await own(billing, owner, subscription_id)
    one, goes_on = holding.subscription, not holding.is_ending and not holding.is_over
    is_so = {
        "canceled": holding.is_ending,
        "ended": holding.is_over,
        "kept": goes_on,
        "changed": goes_on and not one.is_pending,
        "waiting": one.is_pending,
        "paused": one.is_paused,
        "resumed": goes_on and not one.is_paused,
    }
    context = {
        "account": account,
        "view": view_of(holding, ways_of(holding, billing.catalog, settings)),
        "opens": feature_words(set().union(*(plan.features for plan in holding.plans))),
        "bills": [bill_of(one, billing.catalog, holding.now) for one in holding.invoices],
        "done": done if is_so.get(done) else "",
        "can_visit": origin_of(request, billing.settings.allowed_origins) is not None,
    }
    return Template("accrue_portal/subscription.html", context=context)


@get("/subscriptions/{subscription_id:str}/cancel", name="cancel")
async def ask_to_cancel(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    owner: NamedDependency[Owner],
    subscription_id: FromPath[str],
) -> Template | Redirect:
    """Say what canceling means, and ask; where it makes no sense any more, say how things stand."""
    account, holding = await own(billing, owner, subscription_id)
    ending = ending_of(holding)
    if ending is None:
        return see(request, "subscription", subscription_id=holding.id)
    context = {"account": account, "holding": holding, "ending": ending}
    return Template("accrue_portal/cancel.html", context=context)


@post("/subscriptions/{subscription_id:str}/cancel", name="confirm_cancel", status_code=303)
async def cancel(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    owner: NamedDependency[Owner],
    subscription_id: FromPath[str],
    data: Annotated[CancelForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    """End it as the page had said."""
    _, holding = await own(billing, owner, subscription_id)
    if not is_offered(holding, data.when):
        raise Conflict("this end is not, or no longer, what the page offers")
    await under(billing, data.operation_id).cancel(holding.id, when=data.when)
    done = {"done": "canceled" if data.when == "period_end" else "ended"}
    return see(request, "subscription", done, subscription_id=holding.id)


@post("/subscriptions/{subscription_id:str}/keep", name="keep", status_code=303)
async def keep(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    owner: NamedDependency[Owner],
    subscription_id: FromPath[str],
    data: Annotated[KeepForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    """Undo a pending end."""
    _, holding = await own(billing, owner, subscription_id)
    await under(billing, data.operation_id).keep(holding.id)
    return see(request, "subscription", {"done": "kept"}, subscription_id=holding.id)


HANDLERS = (subscription, ask_to_cancel, cancel, keep)
