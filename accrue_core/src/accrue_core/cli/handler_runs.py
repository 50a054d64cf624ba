"""``accrue handlers``: the runs of handlers that were given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from accrue_core.cli.deployment import opened, pass_accrue
from accrue_core.cli.output import document, json_option, plural

if TYPE_CHECKING:
    from accrue_core.app import Accrue


@click.group()
def handlers() -> None:
    """Run failed handlers again."""


@handlers.command()
@json_option
@pass_accrue
def replay(accrue: Accrue, *, as_json: bool) -> None:
    """Queue the handler runs that were given up to be run again.

    Safe to repeat: a run that has succeeded is left alone. Each handler runs once more for the
    event that it failed for. Starts no worker: a running one takes them up.
    """
    with opened(accrue) as billing:
        count = billing.replay_handlers()
    if as_json:
        document({"queued": count})
    else:
        click.echo(f"queued {plural(count, 'dead handler run')}")
