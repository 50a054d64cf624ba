"""Verbs about the ledger as a whole."""

from __future__ import annotations

from accrue_core.context import Context, verb
from accrue_core.ledger.verify import Verification, verify


@verb("verify_ledger")
async def verify_ledger(ctx: Context) -> Verification:
    """Walk every chain of the ledger and name the first bad entry of each, if any.

    Reads one moment of the database in blocks; writing goes on meanwhile.
    """
    async with ctx.snapshot() as reading:
        return await verify(reading)
