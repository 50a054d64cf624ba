"""Whole lists from Stripe, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.requests import OPERATION_METADATA
from accrue_core.errors import ProcessorUnavailable, UnknownVocabulary
from accrue_stripe.connection import Json, wire

if TYPE_CHECKING:
    import stripe

PAGE = 100
"""The most that Stripe puts on one page; its default of 10 would cost ten times the requests."""

MOST_PAGES = 100
"""How far a search for what an operation created goes before it says that it does not know."""

NextPage = Callable[[Any], Awaitable["stripe.StripeObject"]]
"""Asks for one page; it is given the paging parameters."""


async def complete(whole: Json, key: str, next_page: NextPage) -> None:
    """Replace a list in an object that has more by all of it."""
    envelope = whole.get(key)
    if not isinstance(envelope, dict) or envelope.get("has_more") is not True:
        return
    collected = [item async for page in pages(key, next_page) for item in page]
    whole[key] = {**envelope, "data": collected, "has_more": False}


async def find_created(
    noun: str, operation_id: str, since: datetime, next_page: NextPage
) -> Json | None:
    """Return what carries our operation id in its metadata, among what was created since.

    Lists see at once what was created; Stripe's search does not, and is never asked. A list too
    long to be read in one go is ``ProcessorUnavailable``: "not found" would be a guess.
    """

    async def created_since(paging: Any) -> stripe.StripeObject:
        return await next_page({"created": {"gte": int(since.timestamp())}, **paging})

    read = 0
    async for page in pages(noun, created_since):
        read += 1
        if read > MOST_PAGES:
            raise ProcessorUnavailable(f"more than {PAGE * MOST_PAGES} {noun} to look through")
        for item in page:
            metadata = item.get("metadata") if isinstance(item, dict) else None
            if isinstance(metadata, dict) and metadata.get(OPERATION_METADATA) == operation_id:
                return dict(item)
    return None


async def pages(key: str, next_page: NextPage) -> AsyncIterator[list[Any]]:
    """Ask for page after page, and hand out what is on each.

    A page that leads back to where we were would be asked for again for ever, and is refused.
    """
    paging: Json = {"limit": PAGE}
    cursors: set[str] = set()
    while True:
        page = wire(await next_page(paging))
        items = page.get("data")
        yield items if isinstance(items, list) else []
        if page.get("has_more") is not True:
            return
        last = items[-1] if isinstance(items, list) and items else None
        cursor = last.get("id") if isinstance(last, dict) else None
        if not isinstance(cursor, str) or cursor in cursors:
            raise UnknownVocabulary(where=f"{key}.has_more", word="a page that leads nowhere")
        cursors.add(cursor)
        paging = {"limit": PAGE, "starting_after": cursor}
