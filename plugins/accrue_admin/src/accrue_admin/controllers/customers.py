"""Customers: the list, and everything about one of them."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from accrue_admin.listing import PAGE, SHORT, cursor, sliced
from accrue_admin.rendering import page
from accrue_admin.timelines import timeline_of
from accrue_core.billing.customers import queries
from accrue_core.billing.invoices import queries as invoices
from accrue_core.billing.payment_methods import queries as payment_methods
from accrue_core.billing.subscriptions import queries as subscriptions
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.facade import Billing
from accrue_core.ids import checked

_MOST_LIVE = 500


class CustomersController(Controller):
    """Customers."""

    path = "/customers"

    @get("/", name="customers")
    async def listed(
        self, billing: NamedDependency[Billing], before: FromQuery[str] = ""
    ) -> Template:
        """Show customers, newest first, with what they subscribe to."""
        start = cursor("customer", before)
        async with billing.reading() as reading:
            rows = await queries.listed(reading, before=start, limit=PAGE + 1)
            shown = sliced(rows, limit=PAGE, before=start, key=lambda row: row.id)
            ids = [row.id for row in shown.rows]
            live = await subscriptions.live_of(reading, ids, limit=_MOST_LIVE)
        return page("customers", listing=shown, live=_by_customer(live))

    @get("/{customer_id:str}", name="customer")
    async def one(
        self,
        billing: NamedDependency[Billing],
        customer_id: FromPath[str],
        before: FromQuery[str] = "",
    ) -> Template:
        """Show one customer: who it is, what it may use and why, and what happened to it."""
        start = cursor("ledger_entry", before)
        async with billing.reading() as reading:
            customer = await queries.get(reading, checked("customer", customer_id))
            held = await subscriptions.newest_of(reading, customer.id, limit=PAGE)
            drawn = await invoices.of_customers(reading, [customer.id], before=None, limit=SHORT)
            methods = await payment_methods.of_customers(reading, [customer.id])
            timeline = await timeline_of(reading, customer.id, start)
        owner = customer.owner
        return page(
            "customer",
            customer=customer,
            subscriptions=held,
            invoices=drawn,
            methods=methods,
            access=await billing.explain_access(owner) if owner else None,
            sessions=await billing.checkout_sessions(owner) if owner else [],
            timeline=timeline,
        )


def _by_customer(live: list[Subscription]) -> dict[str, list[Subscription]]:
    found: dict[str, list[Subscription]] = {}
    for subscription in live:
        if subscription.customer_id is not None:
            found.setdefault(subscription.customer_id, []).append(subscription)
    return found
