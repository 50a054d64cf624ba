"""Subscriptions: the list, and everything about one of them."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from accrue_admin.cases import table_of
from accrue_admin.deeds import is_live, on_offer
from accrue_admin.listing import PAGE, SHORT, cursor, sliced
from accrue_admin.rendering import page
from accrue_admin.timelines import timeline_of
from accrue_core.billing.customers import queries as customers
from accrue_core.billing.invoices import queries as invoices
from accrue_core.billing.subscriptions import queries
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.errors import InvalidRequest
from accrue_core.facade import Billing
from accrue_core.webhooks import queries as webhooks


class SubscriptionsController(Controller):
    """Subscriptions."""

    path = "/subscriptions"

    @get("/", name="subscriptions")
    async def listed(
        self,
        billing: NamedDependency[Billing],
        status: FromQuery[str] = "",
        before: FromQuery[str] = "",
    ) -> Template:
        """Show subscriptions of one status or of all, newest first."""
        start, wanted = cursor("subscription", before), _status(status)
        async with billing.reading() as reading:
            rows = await queries.listed(reading, status=wanted, before=start, limit=PAGE + 1)
            shown = sliced(rows, limit=PAGE, before=start, key=lambda row: row.id)
            ids = sorted({row.customer_id for row in shown.rows if row.customer_id})
            known = await customers.by_ids(reading, ids)
        return page(
            "subscriptions",
            listing=shown,
            known=known,
            status=status,
            statuses=[word.value for word in SubscriptionStatus],
        )

    @get("/{subscription_id:str}", name="subscription")
    async def one(
        self,
        billing: NamedDependency[Billing],
        subscription_id: FromPath[str],
        before: FromQuery[str] = "",
        done: FromQuery[str] = "",
    ) -> Template:
        """Show one subscription: where it stands, what it is made of, and what happened to it."""
        start = cursor("ledger_entry", before)
        subscription = await billing.subscription(subscription_id)
        async with billing.reading() as reading:
            ids = [subscription.customer_id] if subscription.customer_id else []
            known = await customers.by_ids(reading, ids)
            drawn = await invoices.of_subscription(reading, subscription.id, limit=SHORT)
            deliveries = await webhooks.about(
                reading, subscription.processor, subscription.ref, limit=5
            )
            timeline = await timeline_of(reading, subscription.id, start)
        return page(
            "subscription",
            done=done,
            subscription=subscription,
            customer=next(iter(known.values()), None),
            invoices=drawn,
            deliveries=deliveries,
            timeline=timeline,
            offer=on_offer(subscription, table_of(billing, subscription), subscription.processor),
            is_live=is_live(subscription),
        )


def _status(text: str) -> SubscriptionStatus | None:
    try:
        return SubscriptionStatus(text) if text else None
    except ValueError:
        raise InvalidRequest("there is no such status of a subscription") from None
