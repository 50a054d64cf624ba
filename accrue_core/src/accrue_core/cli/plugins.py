"""``accrue plugins``: what is installed, and what it takes part in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from accrue_core.cli.deployment import pass_accrue
from accrue_core.cli.output import columns, document, json_option

if TYPE_CHECKING:
    from accrue_core.app import Accrue


@click.command()
@json_option
@pass_accrue
def plugins(accrue: Accrue, *, as_json: bool) -> None:
    """List plugins, their hooks and their processors.

    Safe to repeat: it changes nothing and asks no processor.
    """
    installed, processors = accrue.plugins.installed, list(accrue.plugins.processors)
    if as_json:
        listed = [
            {"name": plugin.name, "source": plugin.source, "hooks": list(plugin.hooks)}
            for plugin in installed
        ]
        document({"plugins": listed, "processors": processors})
        return
    columns(
        ("NAME", "SOURCE", "HOOKS"),
        ((plugin.name, plugin.source, ", ".join(plugin.hooks)) for plugin in installed),
    )
    click.echo(f"processors: {', '.join(processors) or 'none'}")
