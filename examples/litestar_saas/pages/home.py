"""The first page: what the organization has; for strangers, what Fieldnotes is."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.response import Template

from examples.litestar_saas.billing import may_choose, subscription_of
from examples.litestar_saas.catalog import FEATURES
from examples.litestar_saas.pages.visit import Asked, host_of, page, person_of
from examples.litestar_saas.people import PEOPLE, VISITORS, Organization
from examples.litestar_saas.wiring import Host
from examples.litestar_saas.words import in_short, plan_name, standing, timeline_entry
from examples.litestar_saas.year import year

_ENTRIES = 400


@get("/", name="home")
async def home(request: Asked) -> Template:
    """Show what there is for whoever asks."""
    host, person = host_of(request), person_of(request)
    if person is None:
        billing = host.accrue.billing
        visitors = [(who, await in_short(billing, who)) for who in VISITORS]
        return page(request, "welcome.html", visitors=visitors)
    if person.is_operator:
        ledger = await host.accrue.billing.verify_ledger()
        return page(request, "operator.html", ledger=ledger)
    return page(request, "home.html", **await _overview(host, person.organization))


async def _overview(host: Host, organization: Organization) -> dict[str, Any]:
    billing = host.accrue.billing
    subscription = await subscription_of(billing, organization)
    invoices = [i for i in (await billing.invoices(organization)).items if i.total_minor]
    entries = (await billing.timeline_for(organization, limit=_ENTRIES)).items
    open_features = await billing.features_for(organization)
    names = {person.id: person.name for person in PEOPLE.values()}
    return {
        "organization": organization,
        "subscription": subscription,
        "may_choose": await may_choose(billing, organization),
        "plan": plan_name(subscription),
        "standing": standing(subscription, invoices),
        "features": [(text, key in open_features) for key, text in FEATURES.items()],
        "invoices": invoices,
        "entries": [timeline_entry(entry, names) for entry in entries],
        "year": year(entries[::-1], billing.clock.now()),
    }
