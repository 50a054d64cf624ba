"""What the program works on: the host's own ``Accrue``, or one made from the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, wraps
from importlib import import_module
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from accrue_core.cli.exits import reason
from accrue_core.errors import AccrueError, ConfigurationError, PluginBroken
from accrue_core.settings import Settings

if TYPE_CHECKING:
    from accrue_core.app import Accrue
    from accrue_core.blocking import BlockingBilling

P = ParamSpec("P")
T = TypeVar("T")

APP = "ACCRUE_APP"
PLUGINS_DISABLED = "ACCRUE_PLUGINS_DISABLED"


class Deployment:
    """The object of the click context. Nothing is imported or read until a command asks."""

    def __init__(self, app: str | None) -> None:
        self.app = app

    @cached_property
    def accrue(self) -> Accrue:
        """The host's ``Accrue``; without ``--app``, one with what the environment says."""
        if self.app is not None:
            return _imported(self.app)
        from accrue_core.app import Accrue

        return Accrue(self.settings)

    @cached_property
    def settings(self) -> Settings:
        """The settings alone: a schema can be upgraded while a plugin is broken."""
        return Settings.from_env() if self.app is None else self.accrue.settings

    def plugin_commands(self) -> list[click.Command]:
        """Return the commands that plugins bring; needs no settings where there is no app."""
        from accrue_core import plugins

        if self.app is not None:
            manager = self.accrue.plugins.manager
        else:
            manager, _ = plugins.register(disabled=_disabled())
        try:
            return plugins.commands(manager)
        except AccrueError:
            raise
        except Exception as error:
            raise PluginBroken(f"a plugin could not offer its commands: {reason(error)}") from error


def deployment_of(ctx: click.Context) -> Deployment:
    """Return the deployment that the program was started for."""
    root = ctx.find_root()
    if root.obj is None:
        root.obj = Deployment(root.params.get("app") or os.environ.get(APP) or None)
    found: Deployment = root.obj
    return found


def pass_deployment(command: Callable[Concatenate[Deployment, P], T]) -> Callable[P, T]:
    """Give a command the deployment as its first argument."""

    @wraps(command)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return command(deployment_of(click.get_current_context()), *args, **kwargs)

    return call


def pass_accrue(command: Callable[Concatenate[Accrue, P], T]) -> Callable[P, T]:
    """Give a command the ``Accrue`` as its first argument."""

    @wraps(command)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return command(deployment_of(click.get_current_context()).accrue, *args, **kwargs)

    return call


@contextmanager
def opened(accrue: Accrue) -> Iterator[BlockingBilling]:
    """Hand out the blocking verbs once the schema is known to be current.

    Without this, a database that was never upgraded would be reported in its driver's words.
    """
    from accrue_core.db import migrate

    with accrue.blocking() as billing:
        billing.bridge.run(migrate.require_current(accrue.settings))
        yield billing


def _imported(app: str) -> Accrue:
    from accrue_core.app import Accrue

    module, colon, attribute = app.partition(":")
    if not (module and colon and attribute):
        raise ConfigurationError(f"--app is written module:attribute, not {app!r}")
    found: object = _module(module)
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise ConfigurationError(f"--app {app!r}: {module} has no {attribute}")
        found = getattr(found, name)
    if not isinstance(found, Accrue):
        raise ConfigurationError(f"--app {app!r} is {type(found).__name__}, not an Accrue")
    return found


def _module(name: str) -> object:
    # As a server does: the host's package is where its developer stands.
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return import_module(name)
    except AccrueError:
        raise
    except ImportError as error:
        raise ConfigurationError(f"--app: {name} cannot be imported: {error}") from error
    except Exception as error:
        raise ConfigurationError(
            f"--app: importing {name} raised {type(error).__name__}; "
            "repeat with 'accrue --traceback ...' to see where"
        ) from error


def _disabled() -> frozenset[str]:
    names = os.environ.get(PLUGINS_DISABLED, "").split(",")
    return frozenset(name.strip() for name in names if name.strip())
