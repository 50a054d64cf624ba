"""Accrue: billing state for Python applications.

The names below are loaded when they are first used, so that importing this package loads neither
a web framework nor a database driver nor a processor's SDK.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accrue_core.actors import Actor as Actor
    from accrue_core.app import Accrue as Accrue
    from accrue_core.billing.catalog import Catalog as Catalog
    from accrue_core.billing.catalog import Plan as Plan
    from accrue_core.billing.catalog import Price as Price
    from accrue_core.billing.schedules.phases import Phase as Phase
    from accrue_core.blocking import BlockingBilling as BlockingBilling
    from accrue_core.facade import Billing as Billing
    from accrue_core.hookspecs import hookimpl as hookimpl
    from accrue_core.money import Money as Money
    from accrue_core.owners import BillingContact as BillingContact
    from accrue_core.owners import Owner as Owner
    from accrue_core.settings import Secret as Secret
    from accrue_core.settings import Settings as Settings

__version__ = "0.1.0"

_HOMES = {
    "Accrue": "accrue_core.app",
    "Actor": "accrue_core.actors",
    "Billing": "accrue_core.facade",
    "BillingContact": "accrue_core.owners",
    "BlockingBilling": "accrue_core.blocking",
    "Catalog": "accrue_core.billing.catalog",
    "Money": "accrue_core.money",
    "Owner": "accrue_core.owners",
    "Phase": "accrue_core.billing.schedules.phases",
    "Plan": "accrue_core.billing.catalog",
    "Price": "accrue_core.billing.catalog",
    "Secret": "accrue_core.settings",
    "Settings": "accrue_core.settings",
    "hookimpl": "accrue_core.hookspecs",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
