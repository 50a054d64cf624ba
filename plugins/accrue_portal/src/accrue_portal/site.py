"""The portal as one application: who gets in, as which owner, and what they find there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Router
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import PermissionDeniedException
from litestar.types import Scope

from accrue_core.contracts.auth import Identity
from accrue_core.contracts.routes import ASGIApplication
from accrue_core.facade import Billing
from accrue_core.owners import Owner
from accrue_core.pages.app import Site, create_pages
from accrue_core.pages.entrance import Entrance
from accrue_portal import change_copy, copy
from accrue_portal.controllers import changes, home, invoices, pauses, payments, subscriptions
from accrue_portal.refusals import EXCEPTION_HANDLERS, NobodySignedIn
from accrue_portal.settings import PortalSettings

HANDLERS = (
    *home.HANDLERS,
    *subscriptions.HANDLERS,
    *changes.HANDLERS,
    *pauses.HANDLERS,
    *invoices.HANDLERS,
    *payments.HANDLERS,
)


def create_portal(billing: Billing, settings: PortalSettings) -> ASGIApplication:
    """Return the pages on which an owner looks after their own billing.

    The owner is the first of the auth adapter's identity and never anything that a request
    names; whoever is signed in without an owner finds the door as closed as a stranger does.
    """
    entrance = Entrance(billing=billing, kind="user", is_open_to=_has_owners)

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: Any) -> None:
        try:
            await entrance.guard(connection, handler)
        except PermissionDeniedException:
            raise NobodySignedIn from None

    async def owner(scope: Scope) -> Owner:
        return (await entrance.identity(scope)).owners[0]

    async def house_rules() -> PortalSettings:
        return settings

    return create_pages(
        _site(billing, settings),
        billing,
        [Router("/", route_handlers=HANDLERS, exception_handlers=EXCEPTION_HANDLERS)],
        guards=[guard],
        dependencies={
            "billing": Provide(entrance.acting),
            "owner": Provide(owner),
            "settings": Provide(house_rules),
        },
    )


def _has_owners(identity: Identity) -> bool:
    return bool(identity.owners)


def _site(billing: Billing, settings: PortalSettings) -> Site:
    title = f"{settings.app_name} billing" if settings.app_name else "Billing"
    words: Mapping[str, Any] = {
        "change_copy": change_copy,
        "copy": copy,
        "settings": settings,
        "back_words": f"Back to {settings.app_name or 'the app'}",
    }
    return Site(
        name="portal",
        title=title,
        folder=Path(__file__).parent,
        forms_lead_to=_payment_pages(billing),
        words=words,
    )


def _payment_pages(billing: Billing) -> tuple[str, ...]:
    """Return where a processor's own pages may be; browsers follow a form's redirects no further.

    A deployment that is itself reached over plain http, which only the loopback may be, has its
    processor's pages there, too.
    """
    is_local = any(origin.startswith("http://") for origin in billing.settings.allowed_origins)
    return ("https:", "http://127.0.0.1:*", "http://localhost:*") if is_local else ("https:",)
