"""What the fake processor gives to Accrue: a processor, when configured, pages and commands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from accrue_core.hookspecs import hookimpl

if TYPE_CHECKING:
    import click

    from accrue_core.contracts.processor import Processor
    from accrue_core.contracts.routes import Mount
    from accrue_core.facade import Billing
    from accrue_core.settings import Settings


@hookimpl
def register_processors(settings: Settings) -> Iterable[Processor]:  # noqa: ARG001
    """Offer a fake processor when the environment asks for one, else none.

    An engine in this process starts at the machine's present and stands there until it is
    advanced; a hosted one has been started elsewhere, with a time of its own.
    """
    from accrue_fake.settings import FakeSettings

    chosen = FakeSettings.from_env()
    if not chosen.is_configured:
        return ()
    from accrue_core.clock import SystemClock
    from accrue_fake.engine.engine import Engine
    from accrue_fake.hosting.client import HostedBackend
    from accrue_fake.processor import FakeProcessor

    engine = (
        HostedBackend(chosen.socket)
        if chosen.socket
        else Engine(start=SystemClock().now(), pages=chosen.pages_url)
    )
    return (FakeProcessor(engine, name=chosen.name, webhook_secret=chosen.webhook_secret),)


@hookimpl
def register_commands() -> Iterable[click.Command]:
    """Offer ``accrue fake``."""
    from accrue_fake.hosting.commands import fake

    return (fake,)


@hookimpl
def register_routes(billing: Billing) -> Iterable[Mount]:
    """Offer the pages of the fake processors that are in use, if any are."""
    from accrue_fake.pages.site import mounts
    from accrue_fake.processor import FakeProcessor

    if not any(isinstance(one, FakeProcessor) for one in billing.plugins.processors.values()):
        return ()
    return mounts(billing)
