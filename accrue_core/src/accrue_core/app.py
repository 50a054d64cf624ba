"""The composition root: settings, catalog and plugins in; billing, ASGI and lifespan out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from accrue_core.billing.catalog import Catalog
from accrue_core.billing.checkout import reducer as checkout
from accrue_core.billing.customers import reducer as customers
from accrue_core.billing.invoices import reducer as invoices
from accrue_core.billing.payment_methods import reducer as payment_methods
from accrue_core.billing.schedules import reducer as schedules
from accrue_core.billing.subscriptions import reducer as subscriptions
from accrue_core.blocking import BlockingBilling, Bridge
from accrue_core.clock import Clock, SystemClock
from accrue_core.context import Runtime
from accrue_core.contracts.routes import ASGIApplication
from accrue_core.db import migrate
from accrue_core.db.transaction import Announce
from accrue_core.facade import Billing
from accrue_core.ids import IdSource, TimeOrderedIds
from accrue_core.jobs.runner import Drain
from accrue_core.mirror.nouns import Registry
from accrue_core.plugins import check_default_processor, load
from accrue_core.settings import Settings

MIRRORS = Registry(
    (
        customers.MIRROR,
        payment_methods.MIRROR,
        subscriptions.MIRROR,
        schedules.MIRROR,
        invoices.MIRROR,
        checkout.MIRROR,
    )
)


class Accrue:
    """One billing platform, built once at module level. Building it does no I/O.

    ``catalog`` holds the host's plans, ``plugins`` the host's own plugin objects. ``clock``,
    ``ids`` and ``announce`` are for tests and demonstrations: business time, identity, and a
    listener for the points between which a process may be killed.

    Raises ``ConfigurationError`` (or one of its children) when settings, catalog and plugins do
    not fit together, with a sentence that says what to change.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        catalog: Catalog | None = None,
        plugins: Sequence[Any] = (),
        clock: Clock | None = None,
        ids: IdSource | None = None,
        announce: Announce | None = None,
    ) -> None:
        loaded = load(settings, local=plugins)
        check_default_processor(settings, loaded)
        catalog = catalog or Catalog()
        for plan in loaded.seat_counters:
            catalog.plan(plan)
        self.settings = settings
        self.plugins = loaded
        self.runtime = Runtime(
            settings=settings,
            plugins=loaded,
            clock=clock or SystemClock(),
            world_clock=SystemClock(),
            ids=ids or TimeOrderedIds(),
            mirrors=MIRRORS,
            catalog=catalog,
            announce=announce or _silent,
        )
        self.billing = Billing(self.runtime)
        self.work = Drain(self.billing)
        self.runtime.work = self.work
        self._bridge = Bridge()

    def blocking(self) -> BlockingBilling:
        """Return the verbs without ``await``. Use it as a context manager in scripts.

        Never starts the job runner: a server's lifespan or ``accrue worker`` does.
        """
        return BlockingBilling(self.billing, self._bridge)

    def asgi(self) -> ASGIApplication:
        """Return Accrue's own ASGI application: the webhook door, health, and all mounts."""
        from accrue_core.http.app import create_app

        return create_app(self)

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncIterator[None]:
        """Check the schema, run the job runner while the block lasts, then release everything.

        Raises ``SchemaOutdated`` when the database is not what this version needs.
        """
        del app
        await migrate.require_current(self.settings)
        runner = self.plugins.job_runner
        self._bridge.serving = asyncio.get_running_loop()
        await runner.start(self.work)
        try:
            yield
        finally:
            await runner.stop()
            self._bridge.serving = None
            await self.runtime.close()


def _silent(point: str) -> None:
    del point
