"""Webhooks: their health, the list, one of them, and dispatching them again."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from accrue_admin.concerns import MOST
from accrue_admin.listing import PAGE, Listing, cursor, of_page, sliced
from accrue_admin.redact import redacted
from accrue_admin.rendering import go, page
from accrue_admin.search import Hit, find
from accrue_core.errors import InvalidRequest, NotFound
from accrue_core.facade import Billing
from accrue_core.ids import checked
from accrue_core.text import is_storable
from accrue_core.webhooks import queries
from accrue_core.webhooks.models import Delivery

STATUSES = ("dead", "waiting", "running", "done")


class WebhooksController(Controller):
    """Deliveries, as operators call them: webhooks."""

    path = "/webhooks"

    @get("/", name="webhooks")
    async def listed(
        self,
        billing: NamedDependency[Billing],
        status: FromQuery[str] = "",
        processor: FromQuery[str] = "",
        about: FromQuery[str] = "",
        before: FromQuery[str] = "",
        done: FromQuery[str] = "",
    ) -> Template:
        """Show webhooks, newest first: of one status, about one thing, or all."""
        start = cursor("delivery", before)
        shown = await _listed(billing, status, processor, about, start)
        async with billing.reading() as reading:
            backlog = await queries.backlog(reading, up_to=MOST + 1)
            oldest = await queries.oldest_waiting(reading)
        return page(
            "webhooks",
            done=done,
            listing=shown,
            backlog=backlog,
            oldest=oldest,
            status=status,
            statuses=STATUSES,
            query={"status": status, "processor": processor, "about": about},
        )

    @get("/replay", name="replay_all")
    async def ask_to_replay_all(self, billing: NamedDependency[Billing]) -> Template:
        """Say how many would be dispatched again, and ask."""
        async with billing.reading() as reading:
            backlog = await queries.backlog(reading, up_to=MOST + 1)
        return page("replay_all", number=backlog["dead"], most=MOST)

    @post("/replay", status_code=303)
    async def replay_all(
        self, billing: NamedDependency[Billing], request: Request[Any, Any, Any]
    ) -> Redirect:
        """Dispatch the newest dead webhooks again."""
        await billing.replay_webhooks(status="dead", limit=MOST)
        return go(request, "webhooks", query={"done": "replayed_all"})

    @get("/{delivery_id:str}", name="webhook")
    async def one(
        self,
        billing: NamedDependency[Billing],
        delivery_id: FromPath[str],
        done: FromQuery[str] = "",
    ) -> Template:
        """Show one webhook without what is personal in it, and what it is about."""
        async with billing.reading() as reading:
            delivery = await queries.get(reading, checked("delivery", delivery_id))
            if delivery is None:
                raise NotFound(f"no webhook {delivery_id}")
            others = await _others(reading, delivery)
        return page(
            "webhook",
            done=done,
            delivery=delivery,
            body=redacted(delivery.body),
            others=others,
            about=await _about(billing, delivery),
        )

    @post("/{delivery_id:str}/replay", name="replay", status_code=303)
    async def replay(
        self,
        billing: NamedDependency[Billing],
        delivery_id: FromPath[str],
        request: Request[Any, Any, Any],
    ) -> Redirect:
        """Dispatch one webhook again."""
        await billing.replay_webhook(delivery_id)
        return go(request, "webhook", path={"delivery_id": delivery_id}, query={"done": "replayed"})


async def _listed(
    billing: Billing, status: str, processor: str, about: str, start: str | None
) -> Listing[Delivery]:
    if not about:
        found = await billing.webhook_deliveries(status=status or None, before=start, limit=PAGE)
        return of_page(found, before=start)
    if status or not processor or not is_storable(f"{processor}{about}"):
        raise InvalidRequest("webhooks about one thing are those of one processor, of any status")
    async with billing.reading() as reading:
        rows = await queries.about(reading, processor, about, before=start, limit=PAGE + 1)
    return sliced(rows, limit=PAGE, before=start, key=lambda row: row.id)


async def _others(reading: Any, delivery: Delivery) -> list[Delivery]:
    """Return the newest other webhooks about the same thing."""
    if delivery.object_ref is None:
        return []
    rows = await queries.about(reading, delivery.processor, delivery.object_ref, limit=6)
    return [row for row in rows if row.id != delivery.id][:5]


async def _about(billing: Billing, delivery: Delivery) -> Hit | None:
    """Return the thing it points at, if we hold it and it has a page."""
    if delivery.object_ref is None:
        return None
    hits = await find(billing, delivery.object_ref)
    return next((hit for hit in hits if hit.kind == delivery.noun), None)
