"""The operators' pages as one application."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar.di import Provide

from accrue_admin import copy, sentences
from accrue_admin.appearance import AppearanceController, theme_of
from accrue_admin.concerns import counted, plural
from accrue_admin.controllers.cancellations import CancellationsController
from accrue_admin.controllers.changes import ChangesController
from accrue_admin.controllers.customers import CustomersController
from accrue_admin.controllers.dashboard import DashboardController
from accrue_admin.controllers.invoices import InvoicesController
from accrue_admin.controllers.ledger import LedgerController
from accrue_admin.controllers.operations import OperationsController
from accrue_admin.controllers.pauses import PausesController
from accrue_admin.controllers.search import SearchController
from accrue_admin.controllers.subscriptions import SubscriptionsController
from accrue_admin.controllers.trials import TrialsController
from accrue_admin.controllers.webhooks import WebhooksController
from accrue_admin.listing import SHORT
from accrue_admin.rendering import breakable, sentence, with_query
from accrue_admin.search import called
from accrue_core.contracts.auth import Identity
from accrue_core.contracts.capabilities import SupportLevel
from accrue_core.contracts.routes import ASGIApplication
from accrue_core.facade import Billing
from accrue_core.money import Money
from accrue_core.pages.app import Site, create_pages
from accrue_core.pages.entrance import Entrance, visitor_of

CONTROLLERS = (
    AppearanceController,
    DashboardController,
    SearchController,
    CustomersController,
    SubscriptionsController,
    ChangesController,
    PausesController,
    TrialsController,
    CancellationsController,
    InvoicesController,
    WebhooksController,
    LedgerController,
    OperationsController,
)


def create_admin(billing: Billing) -> ASGIApplication:
    """Return the back office: open to operators, closed to everybody else.

    What is done here is done as ``operator:<user id>``. Without an auth adapter that names
    operators every page is a 403; style sheets and scripts are not secret.
    """
    entrance = Entrance(billing=billing, kind="operator", is_open_to=_is_operator)
    site = Site(
        name="admin", title="Back office", folder=Path(__file__).parent, words=_words(billing)
    )
    return create_pages(
        site,
        billing,
        CONTROLLERS,
        guards=[entrance.guard],
        dependencies={"billing": Provide(entrance.acting)},
    )


def is_in_test_mode(billing: Billing) -> bool:
    """Whether no processor of this host moves real money, as far as they say."""
    processors = billing.plugins.processors.values()
    return bool(processors) and all(
        any(support.level == SupportLevel.TEST_ONLY for support in processor.support.values())
        for processor in processors
    )


def operator_of(scope: Mapping[str, Any]) -> str:
    """Return the host's id of the operator who is signed in."""
    visitor = visitor_of(scope)
    return visitor.user_id if visitor is not None else ""


def _is_operator(identity: Identity) -> bool:
    return identity.role == "operator"


def _words(billing: Billing) -> dict[str, Any]:
    return {
        "actor_words": sentences.actor_words,
        "amount": Money,
        "breakable": breakable,
        "called": called,
        "cause_words": sentences.cause_words,
        "copy": copy,
        "counted": counted,
        "event_ref": sentences.event_ref,
        "is_in_test_mode": is_in_test_mode(billing),
        "operator_of": operator_of,
        "plan_of": billing.catalog.plan_of,
        "plural": plural,
        "sentence": sentence,
        "short": SHORT,
        "theme_of": theme_of,
        "with_query": with_query,
    }
