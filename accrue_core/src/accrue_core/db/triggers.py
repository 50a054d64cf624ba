"""The triggers that keep the ledger append-only, as the database itself lists them."""

from __future__ import annotations

from sqlalchemy import text

from accrue_core.db.transaction import Reading

_POSTGRESQL = (
    "accrue_ledger_no_change",
    "accrue_ledger_no_truncate",
)
_SQLITE = (
    "accrue_ledger_no_delete",
    "accrue_ledger_no_update",
)

# Disabled triggers, and those for replicas only, stay in the catalogue and guard nothing. Neither
# does one whose function no longer refuses.
_ENABLED = text(
    """
    SELECT t.tgname AS name FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgrelid = to_regclass('accrue_ledger') AND NOT t.tgisinternal
    AND t.tgenabled IN ('O', 'A') AND p.prosrc LIKE '%RAISE EXCEPTION%'
    """
)
_PRESENT = text(
    """
    SELECT name FROM sqlite_master
    WHERE type = 'trigger' AND tbl_name = 'accrue_ledger' AND sql LIKE '%RAISE(ABORT%'
    """
)


async def missing_triggers(reading: Reading) -> list[str]:
    """Return the names of the triggers that should guard the ledger and do not, sorted."""
    is_sqlite = reading.connection.dialect.name == "sqlite"
    rows = await reading.all(_PRESENT if is_sqlite else _ENABLED)
    found = {row["name"] for row in rows}
    return sorted(set(_SQLITE if is_sqlite else _POSTGRESQL) - found)
