"""The ledger: what became true, one entry as it is stored, and whether all of it still is."""

from __future__ import annotations

import json
from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Template

from accrue_admin.listing import PAGE, cursor, sliced
from accrue_admin.rendering import page
from accrue_admin.sentences import TYPES, tell_stored
from accrue_core.billing.customers import queries as customers
from accrue_core.errors import InvalidRequest, NotFound
from accrue_core.facade import Billing
from accrue_core.ids import checked
from accrue_core.ledger import queries
from accrue_core.ledger.chain import GENESIS, agrees, entry_hash, read
from accrue_core.ledger.models import LedgerEntry


class LedgerController(Controller):
    """The ledger."""

    path = "/ledger"

    @get("/", name="ledger")
    async def listed(
        self,
        billing: NamedDependency[Billing],
        wanted: Annotated[str, QueryParameter(name="type")] = "",
        before: FromQuery[str] = "",
    ) -> Template:
        """Show entries of one type or of all, newest first."""
        if wanted and wanted not in TYPES:
            raise InvalidRequest("there is no such type of a ledger entry")
        start = cursor("ledger_entry", before)
        async with billing.reading() as reading:
            rows = await queries.listed(reading, type_=wanted or None, before=start, limit=PAGE + 1)
            shown = sliced(rows, limit=PAGE, before=start, key=lambda row: row.id)
            ids = sorted({row.customer_id for row in shown.rows if row.customer_id})
            known = await customers.by_ids(reading, ids)
        return page(
            "ledger", listing=shown.each(tell_stored), known=known, type=wanted, types=TYPES
        )

    @get("/verify", name="verify")
    async def ask_to_verify(self) -> Template:
        """Say what verifying does, and offer it."""
        return page("verify", result=None)

    @post("/verify", status_code=200)
    async def verify(self, billing: NamedDependency[Billing]) -> Template:
        """Walk the whole ledger and show what was found.

        The answer is the page itself and no redirect: a result in an address could be made up.
        """
        return page("verify", result=await billing.verify_ledger())

    @get("/{entry_id:str}", name="entry")
    async def one(self, billing: NamedDependency[Billing], entry_id: FromPath[str]) -> Template:
        """Show one entry as it is stored, and its place in its chain."""
        async with billing.reading() as reading:
            found = await queries.by_ids(reading, [checked("ledger_entry", entry_id)])
            if not found:
                raise NotFound(f"no ledger entry {entry_id}")
            entry = found[0]
            around = {row.sequence: row for row in await queries.around(reading, entry)}
            ids = [entry.customer_id] if entry.customer_id else []
            known = await customers.by_ids(reading, ids)
        previous = around.get(entry.sequence - 1)
        return page(
            "entry",
            entry=entry,
            told=tell_stored(entry),
            body=_pretty(entry.body),
            hash=entry.hash.hex(),
            is_intact=_is_intact(entry, previous),
            previous=previous,
            following=around.get(entry.sequence + 1),
            customer=next(iter(known.values()), None),
        )


def _pretty(body: bytes) -> str:
    """Return an entry's bytes indented, or as they are when they are no JSON any more."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _is_intact(entry: LedgerEntry, previous: LedgerEntry | None) -> bool | None:
    """Whether bytes, columns and hash agree; ``None`` when the entry before it is missing."""
    if previous is None and entry.sequence != 1:
        return None
    before = GENESIS if previous is None else previous.hash
    try:
        is_bound = agrees(entry, read(entry.body))
    except (ValueError, RecursionError):
        return False
    return is_bound and entry_hash(before, entry.body) == entry.hash
