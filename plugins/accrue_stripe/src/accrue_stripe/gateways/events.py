"""Events as Stripe lists them: for 30 days, whoever was told of them."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.events import ListedEvent
from accrue_core.errors import WebhookUnreadable
from accrue_stripe.connection import Connection
from accrue_stripe.errors import translated
from accrue_stripe.listing import pages
from accrue_stripe.operating.endpoints import EVENTS
from accrue_stripe.webhooks import read

if TYPE_CHECKING:
    import stripe

KEPT = timedelta(days=30)
"""For how long Stripe lists an event (docs.stripe.com/api/events)."""

_AT_ONCE = timedelta(hours=6)
"""Stripe lists the newest first and has no way to ask for the oldest: time is gone through in
stretches, and each is turned round."""

_WANTED = frozenset(EVENTS)
_log = logging.getLogger("accrue.stripe")


class StripeEvents:
    """Reads the list of events of one account."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def since(
        self, moment: datetime, *, now: datetime
    ) -> AsyncIterator[Sequence[ListedEvent]]:
        """Yield the events that our endpoints are sent, the oldest first.

        What happens while it is read may be missing at its end: that is on its way as a webhook.
        """
        for start, end in _stretches(max(moment, now - KEPT), now):
            created = {"gte": int(start.timestamp()), "lt": int(end.timestamp())}
            listed = [one async for one in self._within(created)]
            if listed:
                yield listed[::-1]

    async def _within(self, created: dict[str, int]) -> AsyncIterator[ListedEvent]:
        async def page_of(paging: Any) -> stripe.StripeObject:
            asked: Any = {"created": created, **paging}
            with translated("event", "list"):
                return await self._connection.client.v1.events.list_async(asked)

        async for page in pages("events", page_of):
            for item in page:
                if isinstance(item, dict) and item.get("type") in _WANTED:
                    body = json.dumps(item, separators=(",", ":")).encode()
                    try:
                        yield ListedEvent(event=read(body), body=body)
                    except WebhookUnreadable as error:
                        _log.warning("a listed event cannot be read: %s", error)


def _stretches(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut a time into pieces; the last one reaches a second further than now."""
    moment, last = start.astimezone(UTC), end + timedelta(seconds=1)
    while moment < last:
        until = min(moment + _AT_ONCE, last)
        yield moment, until
        moment = until
