"""The page behind the gate, and the page that sells it to those who find it closed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from litestar import get
from litestar.response import Redirect, Template

from accrue_core.hosts.litestar import GateClosed, require_feature
from examples.litestar_saas.billing import may_choose, subscription_of
from examples.litestar_saas.catalog import offers_in
from examples.litestar_saas.pages.visit import Asked, host_of, organization_of, page, person_of
from examples.litestar_saas.people import Organization, members_of
from examples.litestar_saas.words import plan_name, standing

_WEEKS = 12


@dataclass(frozen=True, slots=True)
class Week:
    """How many notes a week brought."""

    start: datetime
    notes: int


@get("/reports", name="reports", guards=[require_feature("reports")])
async def reports(request: Asked) -> Template:
    """Show what only a paid plan opens. The guard has asked; nothing here has to."""
    organization = organization_of(request)
    host = host_of(request)
    subscription = await subscription_of(host.accrue.billing, organization)
    weeks = _weeks(organization, host.accrue.billing.clock.now())
    return page(
        request,
        "reports.html",
        organization=organization,
        plan=plan_name(subscription),
        weeks=weeks,
        most=max(week.notes for week in weeks),
        writers=_writers(organization),
    )


@get("/reports/closed", name="closed")
async def closed(request: Asked) -> Template | Redirect:
    """Sell what is behind the gate, or say why it is closed: the guard never does."""
    organization, billing = organization_of(request), host_of(request).accrue.billing
    if await billing.entitled(organization, "reports"):
        return Redirect("/reports", status_code=303)
    subscription = await subscription_of(billing, organization)
    invoices = (await billing.invoices(organization)).items
    return page(
        request,
        "gate.html",
        standing=standing(subscription, invoices),
        offer=offers_in(organization.currency)[0],
        may_choose=await may_choose(billing, organization),
        is_paused=subscription is not None and subscription.is_paused,
    )


def at_closed_gate(request: Asked, _: GateClosed) -> Template | Redirect:
    """Lead a member to the page that sells; a stranger has to sign in first."""
    person = person_of(request)
    if person is None or person.is_operator:
        return page(request, "sign_in_first.html", status=403)
    return Redirect("/reports/closed", status_code=303)


def _weeks(organization: Organization, now: datetime) -> list[Week]:
    monday = now - timedelta(days=now.weekday())
    starts = [monday - timedelta(weeks=back) for back in reversed(range(_WEEKS))]
    return [Week(start, 6 + _drawn(organization.id, f"{start:%G-%V}") % 23) for start in starts]


def _writers(organization: Organization) -> list[tuple[str, int]]:
    written = [
        (person.name, 11 + _drawn(organization.id, person.id) % 60)
        for person in members_of(organization)
    ]
    return sorted(written, key=lambda one: -one[1])


def _drawn(*words: str) -> int:
    """Return a number that is always the same for the same words: nobody writes notes here."""
    return int.from_bytes(hashlib.blake2b("/".join(words).encode(), digest_size=4).digest(), "big")
