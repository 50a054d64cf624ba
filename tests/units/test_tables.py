"""Tables and the dataclasses beside them say the same."""

from __future__ import annotations

import typing
from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import BigInteger, Integer, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from accrue_core.app import MIRRORS
from accrue_core.db.base import LOADED, PREFIX, column_names, include_name, metadata, to_row
from accrue_core.db.columns import UtcDateTime
from accrue_core.db.numbers import counters
from accrue_core.ledger.models import ChainHead, LedgerEntry, entries, heads
from accrue_core.operations.models import OperationRecord, operations
from accrue_core.outbox.models import HandlerRun, Job, handler_runs, jobs
from accrue_core.webhooks.models import Delivery, deliveries

PAIRS: list[tuple[Table, type[Any]]] = [
    *((mirror.table, mirror.row) for mirror in MIRRORS.mirrors),
    *((k.table, k.row) for mirror in MIRRORS.mirrors for k in mirror.children.values()),
    (operations, OperationRecord),
    (jobs, Job),
    (handler_runs, HandlerRun),
    (deliveries, Delivery),
    (entries, LedgerEntry),
    (heads, ChainHead),
]
IDS = [table.name for table, _ in PAIRS]


def test_every_table_is_compared_here() -> None:
    assert {table.name for table, _ in PAIRS} | {counters.name} == set(metadata.tables)


@pytest.mark.parametrize(("table", "row"), PAIRS, ids=IDS)
def test_a_row_has_the_columns_of_its_table_in_their_order(table: Table, row: type[Any]) -> None:
    assert list(column_names(row)) == [column.name for column in table.columns]
    assert table.name.startswith(PREFIX)


@pytest.mark.parametrize(("table", "row"), PAIRS, ids=IDS)
def test_a_field_may_be_none_where_the_column_may(table: Table, row: type[Any]) -> None:
    hints = typing.get_type_hints(row)
    for column in table.columns:
        accepts_none = type(None) in typing.get_args(hints[column.name])
        assert accepts_none == bool(column.nullable), column


@pytest.mark.parametrize(("table", "row"), PAIRS, ids=IDS)
def test_moments_are_never_naive_and_amounts_never_small(table: Table, row: type[Any]) -> None:
    for column in table.columns:
        if column.name.endswith(("_at", "_until", "_start", "_end")) and column.name not in {
            "cancel_at_period_end"
        }:
            assert isinstance(column.type, UtcDateTime), column
        if column.name.endswith("_minor") or column.name in {"sequence", "seen", "asked"}:
            assert isinstance(column.type, BigInteger), column


@pytest.mark.parametrize("table", [t for t, _ in PAIRS if "quantity" in t.columns], ids=str)
def test_quantities_have_room_for_metered_usage(table: Table) -> None:
    kind = table.columns["quantity"].type
    assert isinstance(kind, BigInteger), "five billion tokens do not fit into 32 bits"
    assert isinstance(kind, Integer)


@pytest.mark.parametrize(("table", "row"), PAIRS, ids=IDS)
def test_every_table_can_be_written_for_both_databases(table: Table, row: type[Any]) -> None:
    for dialect in (postgresql.dialect(), sqlite.dialect()):  # type: ignore[no-untyped-call]
        assert str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))


def test_what_a_query_loads_beside_a_row_is_not_one_of_its_columns() -> None:
    for mirror in MIRRORS.mirrors:
        loaded = {field.name for field in fields(mirror.row) if LOADED in field.metadata}
        assert loaded == set(mirror.children)
    head = to_row(ChainHead, {"chain": "c", "sequence": 1, "hash": b"", "at": None, "more": 1})
    assert (head.chain, head.sequence) == ("c", 1)


@pytest.mark.parametrize(
    ("name", "kind", "parents", "included"),
    [
        ("accrue_customers", "table", {}, False),
        ("accrue_alembic_version", "table", {}, False),
        ("users", "table", {}, True),
        ("my_accrue_notes", "table", {}, True),
        ("ix_accrue_jobs_due", "index", {"table_name": "accrue_jobs"}, False),
        ("email", "column", {"table_name": "accrue_customers"}, False),
        ("email", "column", {"table_name": "users"}, True),
        (None, "schema", {}, True),
        (None, "unique_constraint", {"table_name": "users"}, True),
    ],
)
def test_a_hosts_autogenerate_is_shown_its_own_tables_only(
    name: str | None, kind: str, parents: dict[str, str | None], included: bool
) -> None:
    assert include_name(name, kind, parents) is included
