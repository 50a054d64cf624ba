"""``accrue``: the program of whoever deploys and operates a host.

Importing this loads neither a database driver nor a web framework; commands import what they
need when they run.
"""

from __future__ import annotations

import click

from accrue_core.cli.capabilities import capabilities
from accrue_core.cli.database import database
from accrue_core.cli.deployment import APP, deployment_of
from accrue_core.cli.doctor import doctor
from accrue_core.cli.handler_runs import handlers
from accrue_core.cli.jobs import jobs
from accrue_core.cli.ledger import ledger
from accrue_core.cli.operations import operations
from accrue_core.cli.plugins import plugins
from accrue_core.cli.program import Program
from accrue_core.cli.webhooks import webhooks
from accrue_core.cli.worker import worker


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="accrue-core", prog_name="accrue")
@click.option(
    "--app",
    envvar=APP,
    metavar="MODULE:ATTRIBUTE",
    is_eager=True,
    help="The host's Accrue, looked for from the current directory. "
    "Without it, one is made from ACCRUE_* variables.",
    show_envvar=True,
)
@click.option("--traceback", "show_traceback", is_flag=True, help="Show where an error came from.")
@click.pass_context
def accrue(ctx: click.Context, app: str | None, *, show_traceback: bool) -> None:
    """Operate Accrue: its database, its worker, its webhooks and its evidence.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 wrong configuration or schema, 4 not found,
    5 conflict, 6 refused by a processor, 7 database unreachable, 10 ledger broken, 11 doctor
    found a failure.
    """
    del app, show_traceback
    deployment_of(ctx)


for command in (
    capabilities,
    database,
    doctor,
    handlers,
    jobs,
    ledger,
    operations,
    plugins,
    webhooks,
    worker,
):
    accrue.add_command(command)


def main() -> None:
    """Run the program and exit with its code."""
    accrue(prog_name="accrue")
