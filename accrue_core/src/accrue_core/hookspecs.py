"""The hooks: how plugins hand objects to Accrue.

All hooks are plain ``def`` and are called with keyword arguments, once, while ``Accrue`` is being
built and before any event loop runs. They return objects described in ``contracts/``; the objects
do the work. Return an empty tuple to stay out of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import click

    from accrue_core.contracts.auth import AuthAdapter
    from accrue_core.contracts.checks import Check
    from accrue_core.contracts.handlers import EventHandler, WebhookHandler
    from accrue_core.contracts.job_runner import JobRunner
    from accrue_core.contracts.mailer import Mailer
    from accrue_core.contracts.processor import Processor
    from accrue_core.contracts.routes import Mount
    from accrue_core.contracts.seats import SeatCounter
    from accrue_core.facade import Billing
    from accrue_core.settings import Settings

PROJECT = "accrue"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_processors(settings: Settings) -> Iterable[Processor]:
    """Offer the payment processors this plugin can talk to.

    Called once, while ``Accrue`` is being built. No event loop is running yet:
    construct clients here, open connections on first use.

    Return an empty tuple when the plugin is installed but not configured, so
    that ``pip install`` alone never changes how a host bills.

    Results are collected from every plugin. Two processors with one ``name``
    stop start-up with ``PluginConflict``; there is no "last one wins".
    """
    return ()


@hookspec
def register_mailers(settings: Settings) -> Iterable[Mailer]:
    """Offer ways to send a message.

    Called once, while ``Accrue`` is being built; connect on first use.

    Return an empty tuple to offer none. Installing a mailer changes nothing
    by itself: ``settings.mailer`` chooses one by name, and a name that nobody
    offers stops start-up with ``UnknownChoice``.
    """
    return ()


@hookspec
def register_auth_adapters(settings: Settings) -> Iterable[AuthAdapter]:
    """Offer ways to tell who made a request.

    Called once, while ``Accrue`` is being built. The adapter is asked later, on
    each request to a page or a gated route, and may do I/O then.

    Return an empty tuple to offer none. ``settings.auth`` chooses one by name;
    the built-in ``closed`` adapter recognises nobody.
    """
    return ()


@hookspec
def register_webhook_handlers(settings: Settings) -> Iterable[WebhookHandler]:
    """Offer code to run when a processor event has been absorbed.

    Called once, while ``Accrue`` is being built; do no I/O.

    Return an empty tuple to offer none. Results are collected from every plugin
    and each run is a job of its own, with its own retries. Two handlers with one
    ``name`` stop start-up with ``PluginConflict``: the name identifies its runs.
    """
    return ()


@hookspec
def register_event_handlers(settings: Settings) -> Iterable[EventHandler]:
    """Offer code to run when something became true in the ledger.

    Called once, while ``Accrue`` is being built; do no I/O.

    Return an empty tuple to offer none. Results are collected from every plugin
    and each run is a job of its own, with its own retries. Two handlers with one
    ``name`` stop start-up with ``PluginConflict``: the name identifies its runs.
    """
    return ()


@hookspec
def register_seat_counters(settings: Settings) -> Iterable[SeatCounter]:
    """Offer counts that the quantities of subscriptions follow.

    Called once, while ``Accrue`` is being built; count nothing yet.

    Return an empty tuple to offer none. Results are collected from every plugin.
    Two counters for one plan stop start-up with ``PluginConflict``.
    """
    return ()


@hookspec
def register_job_runners(settings: Settings) -> Iterable[JobRunner]:
    """Offer ways to work off promised jobs.

    Called once, while ``Accrue`` is being built; start nothing yet.

    Return an empty tuple to offer none. ``settings.job_runner`` chooses one by
    name. A runner keeps no record of its own: everything is in the database.
    """
    return ()


@hookspec
def register_routes(billing: Billing) -> Iterable[Mount]:
    """Offer pages to mount below Accrue's path in the host.

    Called once, when the ASGI application is built. ``billing`` is for use when
    requests arrive; call nothing on it here.

    Return an empty tuple to offer none. Two mounts on one path stop start-up
    with ``PluginConflict``.
    """
    return ()


@hookspec
def register_checks(settings: Settings) -> Iterable[Check]:
    """Offer checks of what this plugin was set up with, for ``accrue doctor``.

    Called once, while ``Accrue`` is being built; look at nothing yet.

    Return an empty tuple when the plugin is not configured. Two checks with one
    ``name`` stop start-up with ``PluginConflict``.
    """
    return ()


@hookspec
def register_commands() -> Iterable[click.Command]:
    """Offer commands for the ``accrue`` program.

    Called once, when the program starts; import what is heavy inside the command.

    Return an empty tuple to offer none. A name that is already taken stops the
    program with ``PluginConflict``.
    """
    return ()


HOOKS: tuple[Any, ...] = (
    register_processors,
    register_mailers,
    register_auth_adapters,
    register_webhook_handlers,
    register_event_handlers,
    register_seat_counters,
    register_job_runners,
    register_routes,
    register_checks,
    register_commands,
)
