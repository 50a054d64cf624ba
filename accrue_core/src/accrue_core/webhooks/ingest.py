"""Receive a webhook: check who signed it, write it down, and only then say so."""

from __future__ import annotations

from collections.abc import Mapping

from accrue_core import telemetry
from accrue_core.context import Context
from accrue_core.contracts.events import ProcessorEvent
from accrue_core.errors import WebhookUnreadable
from accrue_core.ids import PREFIXES, to_text
from accrue_core.text import is_storable
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
        _require_storable(event)
        id_ = to_text(PREFIXES["delivery"], ctx.runtime.ids.new())
        arrival = Arrival(id_, processor, event, body)
        return await together(ctx, arrival)


def _require_storable(event: ProcessorEvent) -> None:
    """Refuse what no row can hold now, rather than fail to store it at every retry."""
    limits = ((event.ref, 255), (event.type, 120), (event.object_ref or "-", 255))
    if not all(0 < len(text) <= longest and is_storable(text) for text, longest in limits):
        raise WebhookUnreadable("signed, but its names are empty, too long or not text")
