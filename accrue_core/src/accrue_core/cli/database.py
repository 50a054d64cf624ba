"""``accrue database``: the schema of Accrue's own tables."""

from __future__ import annotations

import asyncio

import click

from accrue_core.cli.deployment import Deployment, pass_deployment
from accrue_core.cli.exits import OUTDATED
from accrue_core.cli.findings import sqlite_file
from accrue_core.cli.output import document, json_option
from accrue_core.settings import Settings


@click.group()
def database() -> None:
    """Upgrade and check the schema."""


@database.command()
@click.option("--revision", default="head", show_default=True, help="How far to go.")
@json_option
@pass_deployment
def upgrade(deployment: Deployment, revision: str, *, as_json: bool) -> None:
    """Run the migrations that the database has not seen yet, all in one transaction.

    Safe to repeat, and safe to run from several machines at once: they wait for each other, and
    a database that is already there is left as it is. The host's own migrations are untouched.
    """
    before, after = asyncio.run(_upgraded(deployment.settings, revision))
    if as_json:
        document({"before": before, "after": after})
    elif before == after:
        click.echo(f"the database is at revision {_named(after)}: nothing to do")
    else:
        click.echo(f"upgraded the database from revision {_named(before)} to {_named(after)}")


@database.command()
@json_option
@pass_deployment
@click.pass_context
def check(ctx: click.Context, deployment: Deployment, *, as_json: bool) -> None:
    """Say whether the database has the schema that this version needs.

    Safe to repeat: it changes nothing. Exits with 3 when the schema is another one.
    """
    from accrue_core.db import migrate

    current, needed = asyncio.run(_current(deployment.settings)), migrate.head()
    is_current = current == needed
    if as_json:
        document({"current": current, "needed": needed, "is_current": is_current})
    elif is_current:
        click.echo(f"the database is at revision {needed}, as this version needs")
    else:
        click.echo(
            f"the database is at revision {_named(current)}, this version needs {needed}: "
            "run 'accrue database upgrade'"
        )
    ctx.exit(0 if is_current else OUTDATED)


async def _current(settings: Settings) -> str | None:
    """Return the revision; asking SQLite about a file that is not there would make one."""
    from accrue_core.db import migrate

    file = sqlite_file(settings)
    return None if file is not None and not file.exists() else await migrate.current(settings)


async def _upgraded(settings: Settings, revision: str) -> tuple[str | None, str | None]:
    from accrue_core.db import migrate

    before = await migrate.current(settings)
    await migrate.upgrade(settings, revision)
    return before, await migrate.current(settings)


def _named(revision: str | None) -> str:
    return revision or "none"
