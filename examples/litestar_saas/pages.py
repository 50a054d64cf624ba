"""The pages of Fieldnotes. Reading is anybody's own; changing goes through ``billing``."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, PermissionDeniedException
from litestar.params import Body
from litestar.response import Redirect, Template

from accrue_core import Billing
from accrue_core.hosts.litestar import require_feature
from examples.litestar_saas.catalog import CATALOG, FEATURES, PRO_PRICE
from examples.litestar_saas.people import COOKIE, PEOPLE, Person
from examples.litestar_saas.wiring import Host
from examples.litestar_saas.words import standing, timeline_entry
from examples.litestar_saas.year import year

Asked = Request[Any, Any, State]


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who the visitor would like to be."""

    person: str


@dataclass(frozen=True, slots=True)
class Change:
    """A wish about the subscription; its id was minted when the form was made."""

    operation_id: str


SignInForm = Annotated[SignIn, Body(media_type=RequestEncodingType.URL_ENCODED)]
ChangeForm = Annotated[Change, Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/", name="home")
async def home(request: Asked) -> Template:
    """Show what the organization has, or offer to sign in."""
    host, person = _host(request), _person(request)
    if person is None:
        context = {"people": PEOPLE.values(), "cost": PRO_PRICE, "now": host.engine.clock.now()}
        return Template("welcome.html", context={"person": None, **context})
    return Template("home.html", context=await _overview(host, person))


@get("/reports", name="reports", guards=[require_feature("reports")])
async def reports(request: Asked) -> Template:
    """Show what only a paid plan opens."""
    now = _host(request).engine.clock.now()
    weeks = [(now - timedelta(weeks=back), 12 + (back * 7) % 9) for back in range(6)]
    return Template("reports.html", context={"person": _person(request), "weeks": weeks})


@post("/sign-in", name="sign_in")
async def sign_in(request: Asked, data: SignInForm) -> Redirect:
    """Believe the visitor: the one thing here that a real host does otherwise."""
    if data.person not in PEOPLE:
        raise ClientException
    sessions = _host(request).sessions
    sessions.end(request.scope)
    key = sessions.begin(PEOPLE[data.person])
    return _back(Cookie(key=COOKIE, value=key, httponly=True, samesite="lax"))


@post("/sign-out", name="sign_out")
async def sign_out(request: Asked) -> Redirect:
    """Forget the session."""
    _host(request).sessions.end(request.scope)
    return _back(Cookie(key=COOKIE, value="", httponly=True, samesite="lax", max_age=0))


@post("/subscription", name="subscribe")
async def subscribe(
    request: Asked, data: ChangeForm, billing: NamedDependency[Billing]
) -> Redirect:
    """Begin a trial of Pro with a test card."""
    organization = _member(request).organization
    if await billing.has_active_plan(organization):
        return _back()
    await billing.subscribe(
        organization,
        "pro",
        trial=timedelta(days=14),
        payment_method="pm_card_visa",
        operation_id=data.operation_id,
    )
    return _back()


@post("/subscription/cancel", name="cancel")
async def cancel(request: Asked, data: ChangeForm, billing: NamedDependency[Billing]) -> Redirect:
    """End it with the period that is paid for."""
    subscription_id = await _own_subscription(billing, _member(request))
    await billing.cancel(subscription_id, operation_id=data.operation_id)
    return _back()


@post("/subscription/keep", name="keep")
async def keep(request: Asked, data: ChangeForm, billing: NamedDependency[Billing]) -> Redirect:
    """Take a pending end back."""
    subscription_id = await _own_subscription(billing, _member(request))
    await billing.keep(subscription_id, operation_id=data.operation_id)
    return _back()


HANDLERS = (home, reports, sign_in, sign_out, subscribe, cancel, keep)


async def _overview(host: Host, person: Person) -> dict[str, Any]:
    billing, organization = host.accrue.billing, person.organization
    subscriptions = await billing.subscriptions(organization)
    subscription = subscriptions[0] if subscriptions else None
    invoices = [i for i in (await billing.invoices(organization)).items if i.total_minor]
    entries = (await billing.timeline_for(organization, limit=200)).items
    access = await billing.explain_access(organization)
    names = {other.id: other.name for other in PEOPLE.values()}
    plan = CATALOG.plan("pro" if subscription and not subscription.is_ended else "free")
    return {
        "person": person,
        "now": host.engine.clock.now(),
        "is_telling": host.is_telling,
        "plan": plan.name,
        "subscription": subscription,
        "standing": standing(subscription, invoices),
        "features": [(text, key in access.features) for key, text in FEATURES.items()],
        "invoices": invoices,
        "entries": [timeline_entry(entry, names) for entry in entries],
        "year": year(entries[::-1], host.engine.clock.now()),
        "ledger": await billing.verify_ledger(),
        "operation_id": secrets.token_hex(16),
        "cost": PRO_PRICE,
    }


async def _own_subscription(billing: Billing, person: Person) -> str:
    """Return the organization's newest subscription; a form cannot name another's."""
    subscriptions = await billing.subscriptions(person.organization)
    if not subscriptions:
        raise ClientException
    return subscriptions[0].id


def _host(request: Asked) -> Host:
    host: Host = request.app.state.host
    return host


def _person(request: Asked) -> Person | None:
    return _host(request).sessions.person(request.scope)


def _member(request: Asked) -> Person:
    """Return who is signed in. While the story is told, its books are nobody else's to change."""
    person = _person(request)
    if person is None or _host(request).is_telling:
        raise PermissionDeniedException
    return person


def _back(*cookies: Cookie) -> Redirect:
    return Redirect("/", status_code=303, cookies=list(cookies))
