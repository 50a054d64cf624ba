"""Receive a webhook: check who signed it, write it down, and only then say so."""

from __future__ import annotations

from collections.abc import Mapping

from accrue_core import telemetry, text
from accrue_core.context import Context
from accrue_core.contracts.events import ProcessorEvent
from accrue_core.errors import WebhookUnreadable
from accrue_core.ids import PREFIXES, to_text
from accrue_core.webhooks.arrivals import together
from accrue_core.webhooks.models import Arrival


async def ingest(ctx: Context, processor: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Store a correctly signed webhook; return ``False`` when it had been received before.

    When this returns, the delivery is committed and will be dispatched. Raises
    ``SignatureInvalid`` or ``WebhookUnreadable`` with nothing stored. ``headers`` has lower-case
    names; ``body`` is the raw bytes, which is what was signed.
    """
    with telemetry.span("webhook.receive", processor=processor):
        gateway = ctx.plugins.processor(processor)
        now = (gateway.clock or ctx.runtime.world_clock).now()
        event = gateway.verify(body, headers, now=now)
        if not is_storable(event):
            raise WebhookUnreadable("signed, but its names are empty, too long or not text")
        id_ = to_text(PREFIXES["delivery"], ctx.runtime.ids.new())
        arrival = Arrival(id_, processor, event, body)
        return await together(ctx, arrival)


def is_storable(event: ProcessorEvent) -> bool:
    """Whether a row can hold it. What none can would fail to be stored at every retry."""
    limits = ((event.ref, 255), (event.type, 120), (event.object_ref or "-", 255))
    return all(0 < len(word) <= longest and text.is_storable(word) for word, longest in limits)
