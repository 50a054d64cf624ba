"""The metadata that all of Accrue's tables live in, and how rows become dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import MetaData
from sqlalchemy.engine import RowMapping

R = TypeVar("R")

PREFIX = "accrue_"
VERSION_TABLE = "accrue_alembic_version"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

LOADED = "loaded"
"""Field metadata of what a query adds to a row from other tables, such as items and lines."""

_columns: dict[type[Any], tuple[str, ...]] = {}


def column_names(row: type[Any]) -> tuple[str, ...]:
    """Return the names of a row dataclass's fields that are columns of its table."""
    if row not in _columns:
        _columns[row] = tuple(f.name for f in fields(row) if LOADED not in f.metadata)
    return _columns[row]


def to_row(row: type[R], mapping: Mapping[str, Any] | RowMapping, **loaded: Any) -> R:
    """Make a row dataclass of a result's mapping and what was loaded beside it."""
    return row(**{name: mapping[name] for name in column_names(row)}, **loaded)


def include_name(name: str | None, type_: str, parent_names: Mapping[str, str | None]) -> bool:
    """Keep a host's ``alembic revision --autogenerate`` away from Accrue's tables.

    Pass it as ``include_name`` to ``context.configure`` in the host's ``env.py``. Without it,
    autogenerate finds tables it does not know in the host's database and proposes to drop them.
    """
    if type_ == "table":
        return not (name or "").startswith(PREFIX)
    return not (parent_names.get("table_name") or "").startswith(PREFIX)
