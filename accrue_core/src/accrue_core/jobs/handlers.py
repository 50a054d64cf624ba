"""Run one handler for one event."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from accrue_core.actors import Actor
from accrue_core.blocking import BlockingBilling, running_bridge
from accrue_core.contracts.events import ProcessorEvent
from accrue_core.contracts.handlers import WebhookReceived
from accrue_core.errors import NotFound
from accrue_core.facade import Billing
from accrue_core.ids import kind_of
from accrue_core.ledger import queries as ledger
from accrue_core.ledger.chain import view
from accrue_core.outbox.models import HandlerRun
from accrue_core.webhooks import queries as webhooks


async def run_handler(billing: Billing, run: HandlerRun) -> None:
    """Hand the event to the handler, with a billing whose operation ids belong to this run.

    An ``async def`` handler is awaited; a plain one runs in a thread and is given the blocking
    twin. Either way a retry of the run repeats the ids, so that it cannot double an effect.
    """
    plugins = billing.plugins
    is_webhook = kind_of(run.subject) == "delivery"
    handlers: Any = plugins.webhook_handlers if is_webhook else plugins.event_handlers
    handler = handlers[run.handler]
    event = await _webhook(billing, run) if is_webhook else await _entry(billing, run)
    acting = billing.acting_as(Actor("job", run.handler[:100]), ambient=run.id)
    if inspect.iscoroutinefunction(handler.handle):
        await handler.handle(event, acting)
    else:
        twin = BlockingBilling(acting, running_bridge())
        result = await asyncio.to_thread(handler.handle, event, twin)
        if inspect.isawaitable(result):
            await result


async def _entry(billing: Billing, run: HandlerRun) -> Any:
    async with billing.reading() as reading:
        found = await ledger.by_ids(reading, [run.subject])
    if not found:
        raise NotFound(f"no ledger entry {run.subject}")
    return view(found[0])


async def _webhook(billing: Billing, run: HandlerRun) -> WebhookReceived:
    async with billing.reading() as reading:
        delivery = await webhooks.get(reading, run.subject)
    if delivery is None:
        raise NotFound(f"no delivery {run.subject}")
    event = ProcessorEvent(
        ref=delivery.event_ref,
        type=delivery.type,
        noun=delivery.noun,
        object_ref=delivery.object_ref,
        is_deletion=delivery.is_deletion,
        livemode=delivery.livemode,
        created_at=delivery.remote_at,
    )
    return WebhookReceived(delivery_id=delivery.id, processor=delivery.processor, event=event)
