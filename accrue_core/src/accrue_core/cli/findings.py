"""What ``accrue doctor`` finds without a database: settings, plugins, processors, auth, runner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.checks import Finding, failed, warned

if TYPE_CHECKING:
    from accrue_core.app import Accrue
    from accrue_core.settings import Settings

_PLACE = re.compile(r"(?:[^@/]*@)?((?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d+)?/[\w.-]*)")


def place_of(settings: Settings) -> str:
    """Say where the database is, without the user, the password and the query of its URL.

    A password that was not escaped may stand anywhere in what looks like a host or a path, so a
    URL that is not written as expected is not shown at all.
    """
    scheme, _, rest = settings.database_url.partition("://")
    if scheme.startswith("sqlite"):
        return f"SQLite in {rest.partition('?')[0].removeprefix('/')}"
    place, _, query = rest.partition("?")
    found = _PLACE.fullmatch(place)
    return "PostgreSQL" if found is None or "@" in query else f"PostgreSQL on {found[1]}"


def sqlite_file(settings: Settings) -> Path | None:
    """Return where the embedded database is, or ``None`` for another database."""
    scheme, _, rest = settings.database_url.partition(":///")
    name = rest.partition("?")[0]
    return Path(name) if scheme.startswith("sqlite") and not name.startswith("file:") else None


def about_accrue(accrue: Accrue) -> Iterator[Finding]:
    """Check what the plugins and the settings of an ``Accrue`` come to."""
    yield Finding(
        check="plugins",
        finding=f"{len(accrue.plugins.installed)} loaded, every hook is one that Accrue calls",
    )
    yield from _processors(accrue)
    yield _auth(accrue)
    yield _runner(accrue)


def _processors(accrue: Accrue) -> Iterator[Finding]:
    names = list(accrue.plugins.processors)
    idle = _unconfigured(accrue)
    if not names:
        yield failed(
            "processors",
            "no processor is configured",
            why=f"installed without one: {', '.join(idle)}" if idle else "none is installed",
            fix="set the variables of a processor's plugin, such as ACCRUE_STRIPE_API_KEY, or "
            "pass a plugin to Accrue(plugins=[...]) and its place to --app",
        )
        return
    waiting = f"; installed, not configured: {', '.join(idle)}" if idle else ""
    yield Finding(check="processors", finding=f"configured: {', '.join(names)}{waiting}")
    if len(names) > 1 and accrue.settings.processor is None:
        yield warned(
            "processors",
            "there are several processors and no default",
            why="creating a customer without processor= is refused",
            fix=f"set ACCRUE_PROCESSOR to one of: {', '.join(names)}",
        )


def _unconfigured(accrue: Accrue) -> list[str]:
    """Return plugins that could offer a processor and, by the packages they come from, do not."""
    offering = {
        type(processor).__module__.partition(".")[0]
        for processor in accrue.plugins.processors.values()
    }
    return [
        plugin.name
        for plugin in accrue.plugins.installed
        if "register_processors" in plugin.hooks
        and _package(accrue.plugins.manager.get_plugin(plugin.name)) not in offering
    ]


def _package(plugin: Any) -> str:
    module = getattr(plugin, "__name__", None) or type(plugin).__module__
    return str(module).partition(".")[0]


def _auth(accrue: Accrue) -> Finding:
    name = accrue.plugins.auth.name
    if name != "closed":
        return Finding(check="auth", finding=f"pages and gated routes ask {name!r} who is there")
    return warned(
        "auth",
        "every page and every gated route answers 403",
        why="auth is 'closed', which recognises nobody",
        fix="set ACCRUE_AUTH to the name of an installed auth adapter",
    )


def _runner(accrue: Accrue) -> Finding:
    name = accrue.plugins.job_runner.name
    if name != "inline":
        return Finding(check="runner", finding=f"jobs are worked off by {name!r}")
    return warned(
        "runner",
        "jobs are worked off inside the calls that promise them",
        why="nothing is retried until the next call, and 'accrue worker' refuses to start",
        fix="set ACCRUE_JOB_RUNNER to 'embedded' outside of tests",
    )
