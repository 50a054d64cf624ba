"""Receive a webhook: check who signed it, write it down, and only then say so."""

from __future__ import annotations

from collections.abc import Mapping

from accrue_core import telemetry
from accrue_core.context import Context
from accrue_core.ids import PREFIXES, to_text
from accrue_core.webhooks import queries


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
        id_ = to_text(PREFIXES["delivery"], ctx.runtime.ids.new())
        async with ctx.transaction("ingest") as tx:
            is_new = await queries.add(tx, id_, processor, event, body)
            tx.has_promised = is_new
        return is_new
