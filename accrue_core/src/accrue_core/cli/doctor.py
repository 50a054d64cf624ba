"""``accrue doctor``: what is wrong with a deployment, why, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from accrue_core.cli.deployment import Deployment, pass_deployment
from accrue_core.cli.exits import DOCTOR_FAILED, reason
from accrue_core.cli.findings import about_accrue, place_of
from accrue_core.cli.output import document, json_option
from accrue_core.cli.program import Program
from accrue_core.contracts.checks import Check, Finding, failed
from accrue_core.errors import AccrueError, ConfigurationError, MissingSetting

if TYPE_CHECKING:
    from accrue_core.app import Accrue
    from accrue_core.settings import Settings


@click.command()
@json_option
@click.option("--online", is_flag=True, help="Also ask what plugins are connected to.")
@pass_deployment
@click.pass_context
def doctor(ctx: click.Context, deployment: Deployment, *, as_json: bool, online: bool) -> None:
    """Check the deployment and say what to mend.

    Prints one finding a line: what was found, why it matters, and the fix.

    Safe to repeat: it changes nothing and prints no secret, and asks no processor unless --online
    says so. Exits with 11 when something has to be mended; warnings alone are 0.
    """
    found = list(_examined(ctx, deployment, online=online))
    has_failed = any(finding.outcome == "failure" for finding in found)
    if as_json:
        document({"findings": [asdict(finding) for finding in found], "has_failed": has_failed})
    else:
        for finding in found:
            click.echo(f"{finding.outcome:<8} {finding.check:<11} {finding}")
    ctx.exit(DOCTOR_FAILED if has_failed else 0)


def _examined(ctx: click.Context, deployment: Deployment, *, online: bool) -> Iterator[Finding]:
    """Go on as far as possible: a broken plugin does not hide an outdated schema."""
    settings, finding = _settings(deployment)
    yield finding
    if settings is None:
        return
    accrue, broken = _accrue(deployment)
    if accrue is not None:
        yield from about_accrue(accrue)
        yield _commands(ctx)
        for check in accrue.plugins.checks.values():
            yield from _checked(check, online=online)
    elif broken is not None:
        yield broken

    from accrue_core.cli.database_findings import about_database

    yield from asyncio.run(about_database(settings))


def _checked(check: Check, *, online: bool) -> Iterator[Finding]:
    """Return a plugin's findings; a check that fails is one of them."""
    try:
        yield from check.offline()
        if online:
            yield from asyncio.run(check.online())
    except Exception as error:
        yield failed(
            check.name,
            _told(error),
            why="the check could not be made",
            fix="mend what it names, and run the doctor again",
        )


def _settings(deployment: Deployment) -> tuple[Settings | None, Finding]:
    check = "settings" if deployment.app is None else "app"
    try:
        settings = deployment.settings
    except Exception as error:
        is_missing = isinstance(error, MissingSetting)
        fix = (
            "set the variable"
            if is_missing or deployment.app is None
            else "correct the module, or --app"
        )
        return None, failed(check, _told(error), why="nothing can start", fix=fix)
    return settings, Finding(check=check, finding=f"readable; the database is {place_of(settings)}")


def _accrue(deployment: Deployment) -> tuple[Accrue | None, Finding | None]:
    try:
        return deployment.accrue, None
    except Exception as error:
        fix = "mend or uninstall the plugin, or name it in ACCRUE_PLUGINS_DISABLED"
        if isinstance(error, ConfigurationError):
            fix = f"correct the setting it names; for a plugin: {fix}"
        return None, failed("plugins", _told(error), why="no host or worker can start", fix=fix)


def _commands(ctx: click.Context) -> Finding:
    program = ctx.find_root().command
    try:
        names = list(program.of_plugins(ctx)) if isinstance(program, Program) else []
    except AccrueError as error:
        return failed(
            "commands",
            str(error),
            why="the commands of plugins cannot be run",
            fix="rename the command, or name the plugin in ACCRUE_PLUGINS_DISABLED",
        )
    return Finding(check="commands", finding=f"of plugins: {', '.join(names) or 'none'}")


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, AccrueError) else reason(error)
