"""The first page: where the owner stands."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.response import Template

from accrue_core.billing.catalog import Catalog
from accrue_core.facade import Billing
from accrue_core.owners import Owner
from accrue_portal import copy
from accrue_portal.account import Account, read_account
from accrue_portal.bills import bill_of
from accrue_portal.names import feature_words
from accrue_portal.offers import ways_of
from accrue_portal.redirects import origin_of
from accrue_portal.settings import PortalSettings
from accrue_portal.standing import Standing
from accrue_portal.views import View, view_of

_LATEST = 3


@get("/", name="home")
async def home(
    request: Request[Any, Any, Any],
    billing: NamedDependency[Billing],
    settings: NamedDependency[PortalSettings],
    owner: NamedDependency[Owner],
) -> Template:
    """Show how things stand, what is open, what is paid with, and the latest invoices."""
    account = await read_account(billing, owner)
    views = (view_of(one, ways_of(one, billing.catalog, settings)) for one in account.running)
    running = sorted(views, key=lambda view: view.standing.tone != "bad")
    context = {
        "account": account,
        "running": running,
        "over": [view_of(holding) for holding in account.over],
        "standing": _overall(account, running, billing.catalog),
        "features": feature_words(account.access.features),
        "bills": [bill_of(one, billing.catalog, account.now) for one in account.invoices[:_LATEST]],
        "can_visit": origin_of(request, billing.settings.allowed_origins) is not None,
    }
    return Template("accrue_portal/home.html", context=context)


def _overall(account: Account, running: list[View], catalog: Catalog) -> Standing:
    """Say it in one headline: of the only subscription, of all, or of none."""
    if len(running) == 1:
        return running[0].standing
    if running:
        return Standing("quiet", "", copy.several(len(running)))
    last = view_of(account.over[0]).standing if account.over else None
    if catalog.default is None:
        return last or Standing("quiet", "", copy.NO_SUBSCRIPTION, (copy.NO_SUBSCRIPTION_ADVICE,))
    said = (copy.DEFAULT_PLAN_ADVICE,) if last is None else (f"{last.headline}.", *last.sentences)
    return Standing("quiet", "", copy.default_plan(catalog.default.name), said)


HANDLERS = (home,)
