"""``accrue operations``: what was asked of processors and is not known to have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click

from accrue_core.cli.deployment import opened, pass_accrue
from accrue_core.cli.output import chosen, columns, document, json_option

if TYPE_CHECKING:
    from accrue_core.app import Accrue

_SHOWN = (
    "id",
    "key",
    "method",
    "subject",
    "processor",
    "status",
    "actor",
    "attempts",
    "lease_until",
    "started_at",
    "ended_at",
    "result_noun",
    "result_ref",
)
"""Everything about an operation but its request and its refusal, which repeat what was sent."""


@click.group()
def operations() -> None:
    """Look at operations, and recover lost ones."""


@operations.command("list")
@click.option(
    "--status",
    help="open, released, stuck, settled, refused or abandoned.  "
    "[default: the first three: those whose outcome is not known]",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@json_option
@pass_accrue
def list_(accrue: Accrue, status: str | None, limit: int, *, as_json: bool) -> None:
    """List operations, newest first, without what was sent.

    Safe to repeat: it changes nothing and asks no processor.
    """
    with opened(accrue) as billing:
        found = billing.open_operations(status=status, limit=limit)
    if as_json:
        document({"operations": [chosen(operation, _SHOWN) for operation in found]})
        return
    columns(
        ("ID", "STATUS", "TRIES", "STARTED", "PROCESSOR", "METHOD", "SUBJECT", "KEY"),
        (
            (o.id, o.status, o.attempts, o.started_at, o.processor, o.method, o.subject, o.key)
            for o in found
        ),
    )


@operations.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@json_option
@pass_accrue
def recover(accrue: Accrue, limit: int, *, as_json: bool) -> None:
    """Find out what became of open operations that no process works on any more.

    Safe to repeat, and to run beside workers, which do the same: an operation is taken under a
    lease, its effect is looked for first, and nothing is asked twice unless the processor
    certainly counts it once.
    """
    from accrue_core.operations.recover import Recovered

    with opened(accrue) as billing:
        found = billing.recover_operations(limit=limit)
    if as_json:
        document({"recovered": {word: found.get(word, 0) for word in get_args(Recovered)}})
    elif found:
        click.echo(", ".join(f"{number} {word}" for word, number in sorted(found.items())))
    else:
        click.echo("nothing to recover")
    if found.get("stuck"):
        click.echo(
            "stuck operations need a look at the processor's own pages: "
            "'accrue operations list --status stuck'",
            err=True,
        )
