"""``accrue ledger``: the evidence, and whether it is as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from accrue_core.cli.deployment import opened, pass_accrue
from accrue_core.cli.exits import LEDGER_BROKEN
from accrue_core.cli.output import chosen, columns, document, json_option, plural

if TYPE_CHECKING:
    from accrue_core.app import Accrue
    from accrue_core.ledger.verify import Verification

_BREAK = ("chain", "sequence", "entry_id", "reason")


@click.group()
def ledger() -> None:
    """Verify the record of what became true."""


@ledger.command()
@json_option
@pass_accrue
@click.pass_context
def verify(ctx: click.Context, accrue: Accrue, *, as_json: bool) -> None:
    """Walk every chain and name the first bad entry of each broken one.

    Safe to repeat: it reads one moment of the database, and writing goes on meanwhile. Exits
    with 10 when a chain is broken.
    """
    with opened(accrue) as billing:
        found = billing.verify_ledger()
    if as_json:
        document(
            {
                "entries": found.entries,
                "chains": found.chains,
                "is_intact": found.is_intact,
                "breaks": [chosen(bad, _BREAK) for bad in found.breaks],
            }
        )
    else:
        _show(found)
    ctx.exit(0 if found.is_intact else LEDGER_BROKEN)


def _show(found: Verification) -> None:
    walked = f"{plural(found.entries, 'entry', 'entries')} in {plural(found.chains, 'chain')}"
    if found.is_intact:
        click.echo(f"verified {walked}: intact")
        return
    click.echo(f"verified {walked}: {plural(len(found.breaks), 'chain')} broken")
    columns(
        ("CHAIN", "SEQUENCE", "ENTRY", "REASON"),
        ((bad.chain, bad.sequence, bad.entry_id, bad.reason) for bad in found.breaks),
    )
