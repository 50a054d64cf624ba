"""``accrue jobs``: promised jobs that were given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from accrue_core.cli.deployment import opened, pass_accrue
from accrue_core.cli.output import document, json_option, plural

if TYPE_CHECKING:
    from accrue_core.app import Accrue


@click.group()
def jobs() -> None:
    """Do failed jobs again."""


@jobs.command()
@json_option
@pass_accrue
def replay(accrue: Accrue, *, as_json: bool) -> None:
    """Queue the promised jobs that were given up to be done again.

    Safe to repeat: a job that is done is gone. Starts no worker: a running one takes them up.
    """
    with opened(accrue) as billing:
        count = billing.replay_jobs()
    if as_json:
        document({"queued": count})
    else:
        click.echo(f"queued {plural(count, 'dead job')}")
