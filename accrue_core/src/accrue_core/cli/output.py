"""How results are printed: aligned columns for people and logs, one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

NOTHING = "-"


def json_option(command: F) -> F:
    """Give a command the switch ``--json``, as the parameter ``as_json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document with stable keys."
    )(command)


def document(value: Mapping[str, Any]) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, indent=2, default=_plain))


def columns(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headings; the last column may be as long as it likes."""
    lines = [list(headings), *([_text(value) for value in row] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(headings))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def chosen(row: object, names: Sequence[str]) -> dict[str, Any]:
    """Return some attributes of a row: what is not named is not shown."""
    return {name: getattr(row, name) for name in names}


def plural(number: int, one: str, many: str | None = None) -> str:
    """Count something in words.

    >>> plural(1, "delivery", "deliveries")
    '1 delivery'
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def _text(value: object) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return " ".join(str(value.value if isinstance(value, Enum) else value).split())


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"not for print: {type(value).__name__}")
