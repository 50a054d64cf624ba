"""The group behind ``accrue``: its own commands, those of plugins, and one way to fail."""

from __future__ import annotations

import errno
from typing import Any

import click

from accrue_core.cli.deployment import deployment_of
from accrue_core.cli.exits import exit_code_of, sentence
from accrue_core.errors import AccrueError, PluginBroken, PluginConflict

_MISSING = "accrue.missing_commands"


class Program(click.Group):
    """Knows its own commands at once, and asks plugins for theirs only when one is wanted.

    So a broken plugin stops the commands of plugins and the listing says so, while Accrue's own
    commands stay at hand to find out what is wrong.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names; where plugins cannot be asked, remember why."""
        own = super().list_commands(ctx)
        try:
            return [*own, *self.of_plugins(ctx)]
        except AccrueError as error:
            ctx.meta[_MISSING] = str(error)
            return own

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one of our own commands, else a plugin's."""
        return super().get_command(ctx, cmd_name) or self.of_plugins(ctx).get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, and say when those of plugins are missing."""
        super().format_commands(ctx, formatter)
        if _MISSING in ctx.meta:
            with formatter.section("Missing"):
                formatter.write_text(f"The commands of plugins: {ctx.meta[_MISSING]}")

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; turn what it raises into a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise
            if ctx.params.get("show_traceback"):
                import traceback

                click.echo(traceback.format_exc(), err=True, nl=False)
            click.echo(f"accrue: {sentence(error)}", err=True)
            raise click.exceptions.Exit(exit_code_of(type(error))) from error

    def of_plugins(self, ctx: click.Context) -> dict[str, click.Command]:
        """Return the commands of plugins by name; two of one name are ``PluginConflict``."""
        found: dict[str, click.Command] = {}
        for command in deployment_of(ctx).plugin_commands():
            name = getattr(command, "name", None)
            if not isinstance(command, click.Command) or not name:
                raise PluginBroken(f"a plugin offered {command!r}, which is not a named command")
            if name in found or name in self.commands:
                raise PluginConflict(f"two commands are called {name!r}")
            found[name] = command
        return found
