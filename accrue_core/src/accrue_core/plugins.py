"""Find plugins, check them, and collect what they offer. The only caller of pluggy."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from accrue_core import hookspecs
from accrue_core.contracts.auth import AuthAdapter
from accrue_core.contracts.checks import Check
from accrue_core.contracts.handlers import EventHandler, WebhookHandler
from accrue_core.contracts.job_runner import JobRunner
from accrue_core.contracts.mailer import Mailer
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.routes import Mount
from accrue_core.contracts.seats import SeatCounter
from accrue_core.errors import (
    AccrueError,
    ConfigurationError,
    PluginBroken,
    PluginConflict,
    UnknownChoice,
)
from accrue_core.settings import Settings

if TYPE_CHECKING:
    import click

    from accrue_core.facade import Billing

ENTRY_POINTS = "accrue"
OWN_PATHS = frozenset({"webhooks", "health"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginInfo:
    """One installed or local plugin, as ``accrue plugins`` lists it."""

    name: str
    source: str
    hooks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugins:
    """Everything that plugins offered, checked and chosen from; seat counters by plan."""

    manager: pluggy.PluginManager
    installed: tuple[PluginInfo, ...]
    processors: Mapping[str, Processor]
    mailer: Mailer
    auth: AuthAdapter
    job_runner: JobRunner
    event_handlers: Mapping[str, EventHandler] = field(default_factory=dict)
    webhook_handlers: Mapping[str, WebhookHandler] = field(default_factory=dict)
    seat_counters: Mapping[str, SeatCounter] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)

    def processor(self, name: str) -> Processor:
        """Return a processor by name; ``UnknownChoice`` when it is not installed."""
        if name not in self.processors:
            raise UnknownChoice(setting="processor", choice=name, installed=list(self.processors))
        return self.processors[name]

    def mounts(self, billing: Billing) -> list[Mount]:
        """Ask for pages; two on one path is ``PluginConflict``."""
        mounts: dict[str, Mount] = {}
        for mount in _offered(self.manager, "register_routes", billing=billing):
            if mount.path in mounts or mount.path.split("/")[1] in OWN_PATHS:
                raise PluginConflict(f"two plugins want to be mounted at {mount.path}")
            mounts[mount.path] = mount
        return list(mounts.values())


def load(settings: Settings, *, local: Sequence[Any] = ()) -> Plugins:
    """Register all plugins, check their hooks, and collect what they offer.

    Installed plugins come first, in the order of their entry points' names (core's own are among
    them), then the host's. Raises ``PluginBroken`` or ``PluginConflict`` with the plugin's name.
    """
    manager, installed = register(local=local, disabled=settings.plugins_disabled)

    def offered(what: str, hook: str) -> dict[str, Any]:
        return _by_name(what, _offered(manager, hook, settings=settings))

    processors = offered("processors", "register_processors")
    for name in processors:
        if not name.replace("_", "").replace("-", "").isalnum() or len(name) > 40:
            raise PluginBroken(f"{name!r} cannot be a processor's name: it is part of a URL")
    mailers = offered("mailers", "register_mailers")
    adapters = offered("auth adapters", "register_auth_adapters")
    runners = offered("job runners", "register_job_runners")
    event_handlers = offered("event handlers", "register_event_handlers")
    webhook_handlers = offered("webhook handlers", "register_webhook_handlers")
    for name in (*event_handlers, *webhook_handlers):
        if not 0 < len(name) <= 100 or "@" in name:
            raise PluginBroken(f"{name[:120]!r} cannot be a handler's name: it identifies its runs")
    return Plugins(
        manager=manager,
        installed=installed,
        processors=processors,
        mailer=_chosen("mailer", settings.mailer, mailers),
        auth=_chosen("auth", settings.auth, adapters),
        job_runner=_chosen("job_runner", settings.job_runner, runners),
        event_handlers=event_handlers,
        webhook_handlers=webhook_handlers,
        checks=offered("checks", "register_checks"),
        seat_counters=_by_plan(offered("seat counters", "register_seat_counters")),
    )


def register(
    *, local: Sequence[Any] = (), disabled: frozenset[str] = frozenset()
) -> tuple[pluggy.PluginManager, tuple[PluginInfo, ...]]:
    """Register all plugins with a manager of their own and check every hook."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    points = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    found = [
        (point.name, _distribution(point), _load(point))
        for point in points
        if point.name not in disabled
    ]
    found += [(_name(plugin), "the host", plugin) for plugin in local]
    installed = tuple(_registered(manager, *entry) for entry in found)
    _refuse_unknown_hooks(manager)
    return manager, installed


def _refuse_unknown_hooks(manager: pluggy.PluginManager) -> None:
    """Refuse implementations of hooks that nobody calls: pluggy takes a misspelt name silently."""
    for caller in manager.hook.__dict__.values():
        if not isinstance(caller, pluggy.HookCaller) or caller.spec is not None:
            continue
        for implementation in caller.get_hookimpls():
            if not implementation.optionalhook:
                raise PluginBroken(
                    f"plugin {implementation.plugin_name!r} implements {caller.name}, "
                    "which is not a hook of Accrue"
                )


def commands(manager: pluggy.PluginManager) -> list[click.Command]:
    """Return the commands that plugins bring."""
    return _offered(manager, "register_commands")


def _registered(manager: pluggy.PluginManager, name: str, source: str, plugin: Any) -> PluginInfo:
    if manager.has_plugin(name):
        raise PluginConflict(f"two plugins are called {name!r}")
    try:
        manager.register(plugin, name=name)
    except (pluggy.PluginValidationError, ValueError) as error:
        raise PluginBroken(f"plugin {name!r} ({source}): {error}") from error
    callers = manager.get_hookcallers(plugin) or []
    for caller in callers:
        for implementation in caller.get_hookimpls():
            if implementation.plugin is plugin and inspect.iscoroutinefunction(
                implementation.function
            ):
                raise PluginBroken(
                    f"plugin {name!r} ({source}): {caller.name} must be a plain def; "
                    "return objects whose methods are async instead"
                )
    return PluginInfo(
        name=name, source=source, hooks=tuple(sorted(caller.name for caller in callers))
    )


def _load(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:
        what = f"{type(error).__name__}: {error}" if isinstance(error, ImportError) else ""
        raise PluginBroken(
            f"plugin {point.name!r} ({_distribution(point)}) could not be loaded: "
            f"{what or type(error).__name__}"
        ) from error


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _name(plugin: Any) -> str:
    named = getattr(plugin, "plugin_name", None) or getattr(plugin, "__name__", None)
    return str(named or type(plugin).__name__)


def _offered(manager: pluggy.PluginManager, hook: str, **given: Any) -> list[Any]:
    """Ask every plugin, in the order of registration, and name the one that fails."""
    offered = []
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        arguments = {name: given[name] for name in implementation.argnames}
        try:
            offered += list(implementation.function(**arguments))
        except AccrueError:
            raise
        except Exception as error:
            raise PluginBroken(
                f"plugin {implementation.plugin_name!r} failed in {hook}: {type(error).__name__}"
            ) from error
    return offered


def _by_name(what: str, items: Iterable[Any]) -> dict[str, Any]:
    offered: dict[str, Any] = {}
    for item in items:
        if not isinstance(getattr(item, "name", None), str):
            raise PluginBroken(f"one of the {what} has no name: {type(item).__name__}")
        if item.name in offered:
            raise PluginConflict(f"two {what} are called {item.name!r}")
        offered[item.name] = item
    return offered


def _by_plan(counters: Mapping[str, SeatCounter]) -> dict[str, SeatCounter]:
    counted: dict[str, SeatCounter] = {}
    for counter in counters.values():
        for plan in counter.plans:
            if plan in counted:
                raise PluginConflict(f"two seat counters count the plan {plan!r}")
            counted[plan] = counter
    return counted


def _chosen(setting: str, choice: str, offered: Mapping[str, T]) -> T:
    if choice not in offered:
        raise UnknownChoice(setting=setting, choice=choice, installed=list(offered))
    return offered[choice]


def check_default_processor(settings: Settings, plugins: Plugins) -> None:
    """Refuse a default processor that is not installed."""
    if settings.processor is not None and settings.processor not in plugins.processors:
        raise ConfigurationError(
            f"settings.processor is {settings.processor!r}; installed processors: "
            f"{', '.join(sorted(plugins.processors)) or 'none'}"
        )
