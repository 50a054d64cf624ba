"""The first page: what needs attention, and what has happened lately."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template

from accrue_admin.concerns import survey
from accrue_admin.listing import SHORT
from accrue_admin.rendering import page
from accrue_admin.sentences import tell_stored
from accrue_core.billing.customers import queries as customers
from accrue_core.facade import Billing
from accrue_core.ledger import queries as ledger
from accrue_core.webhooks import queries as webhooks


class DashboardController(Controller):
    """What needs attention first."""

    @get("/", name="dashboard")
    async def dashboard(self, billing: NamedDependency[Billing]) -> Template:
        """Show trouble, or that there is none, and then the newest entries and webhooks."""
        standing = await survey(billing)
        async with billing.reading() as reading:
            events = [tell_stored(row) for row in await ledger.listed(reading, limit=SHORT)]
            ids = sorted({event.customer_id for event in events if event.customer_id})
            known = await customers.by_ids(reading, ids)
            deliveries = await webhooks.listed(reading, limit=SHORT)
        return page(
            "dashboard", standing=standing, events=events, known=known, deliveries=deliveries
        )
