"""What somebody with the power to drop a trigger can do to the ledger."""

from __future__ import annotations

from sqlalchemy import select, text, update

from accrue_core import Accrue
from accrue_core.db.triggers import missing_triggers
from accrue_core.ledger.models import entries


async def remove_guards(accrue: Accrue) -> None:
    """Drop every trigger of the ledger."""
    async with accrue.runtime.engines().writing.begin() as connection:
        if accrue.runtime.engines().is_sqlite:
            found = await connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            )
            for name in found.scalars().all():
                await connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            await connection.execute(text("DROP FUNCTION accrue_ledger_is_append_only() CASCADE"))


async def disable_guards(accrue: Accrue) -> None:
    """Leave PostgreSQL's triggers in the catalogue, switched off."""
    async with accrue.runtime.engines().writing.begin() as connection:
        await connection.execute(text("ALTER TABLE accrue_ledger DISABLE TRIGGER USER"))


async def soften_guards(accrue: Accrue) -> None:
    """Leave PostgreSQL's triggers on, with a function that lets everything pass."""
    async with accrue.runtime.engines().writing.begin() as connection:
        await connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION accrue_ledger_is_append_only() RETURNS trigger "
                "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
            )
        )


async def rewrite_an_entry(accrue: Accrue) -> str:
    """Change the bytes of one entry, and say which."""
    async with accrue.runtime.engines().writing.begin() as connection:
        id_ = await connection.scalar(select(entries.c.id).order_by(entries.c.id).limit(1))
        await connection.execute(update(entries).where(entries.c.id == id_).values(body=b"{}"))
    return str(id_)


async def unguarded(accrue: Accrue) -> list[str]:
    """Return the triggers that the ledger lacks."""
    async with accrue.billing.reading() as reading:
        return await missing_triggers(reading)
