"""``accrue capabilities``: what each processor can be asked for, and how honestly it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from accrue_core.cli.deployment import pass_accrue
from accrue_core.cli.output import columns, document, json_option

if TYPE_CHECKING:
    from accrue_core.app import Accrue
    from accrue_core.contracts.capabilities import Capability, Support


@click.command()
@json_option
@pass_accrue
def capabilities(accrue: Accrue, *, as_json: bool) -> None:
    """Show how each processor supports each capability.

    This is the map that commands ask first. native: as the processor does it. bounded: within
    the condition named below the table. test-only: not with real money. unsupported: refused
    before the processor is asked.

    Safe to repeat: it changes nothing and asks no processor.
    """
    from accrue_core.contracts.capabilities import Capability

    names = list(accrue.plugins.processors)
    table = {
        capability: {name: _support(accrue, name, capability) for name in names}
        for capability in Capability
    }
    if as_json:
        document({"capabilities": [_entry(*row) for row in table.items()], "processors": names})
        return
    if not names:
        click.echo("no processor is configured")
        return
    columns(
        ("CAPABILITY", *names),
        ((capability, *(row[name].level for name in names)) for capability, row in table.items()),
    )
    for capability, row in table.items():
        for name in names:
            if row[name].condition:
                click.echo(f"{name}, {capability}: {row[name].condition}")


def _support(accrue: Accrue, name: str, capability: Capability) -> Support:
    """A capability that a table forgets is refused by commands, and is shown as that."""
    from accrue_core.contracts.capabilities import UNSUPPORTED

    return accrue.plugins.processors[name].support.get(capability, UNSUPPORTED)


def _entry(capability: Capability, row: dict[str, Support]) -> dict[str, object]:
    return {
        "capability": capability.value,
        "support": {
            name: {"level": support.level.value, "condition": support.condition or None}
            for name, support in row.items()
        },
    }
