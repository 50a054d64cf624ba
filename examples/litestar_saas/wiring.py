"""The one Accrue of this host, and what its pages share.

``build`` sells at the Fake in this process, ``build_at_stripe`` at an account of Stripe's. Nothing
but the processor that is handed over is different.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from accrue_core import Accrue, Billing, Secret, Settings, hookimpl
from accrue_core.clock import Clock
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.routes import Mount
from accrue_fake import Backend, FakeProcessor
from examples.litestar_saas.catalog import CATALOG, FAKE, STRIPE
from examples.litestar_saas.sessions import Sessions, SessionsPlugin

if TYPE_CHECKING:
    from accrue_stripe.settings import StripeSettings

DATABASE = "accrue.sqlite3"


class ProcessorPlugin:
    """Hands a processor to Accrue that this host has made itself."""

    plugin_name = "fieldnotes_processor"

    def __init__(self, processor: Processor) -> None:
        self._processor = processor

    @hookimpl
    def register_processors(self) -> Sequence[Processor]:
        """Offer the one processor there is."""
        return (self._processor,)


class FakePlugin(ProcessorPlugin):
    """Hands the fake processor of this process to Accrue, and the pages that belong to it."""

    @hookimpl
    def register_routes(self, billing: Billing) -> Sequence[Mount]:
        """Offer the pages on which its customers pay."""
        from accrue_fake.pages.site import mounts

        return tuple(mounts(billing))


@dataclass(frozen=True, slots=True)
class Host:
    """What the parts of this host share; ``origin`` is where browsers find it.

    ``pages_elsewhere`` is the origin of the processor's own pages, where this host does not serve
    them itself.
    """

    accrue: Accrue
    sessions: Sessions
    origin: str
    pages_elsewhere: str | None = None

    def has_pages(self, plugin: str) -> bool:
        """Whether an installed plugin brings pages to link to."""
        installed = self.accrue.plugins.installed
        return any(one.name == plugin and "register_routes" in one.hooks for one in installed)


def build(
    folder: Path,
    backend: Backend,
    *,
    origin: str,
    webhook_secret: Secret,
    announce: Callable[[str], None] | None = None,
) -> Host:
    """Put everything together; no I/O happens yet.

    The engine's clock is Accrue's clock, so time passes for both when the demonstration says so.
    Customers come back from the processor's pages to ``origin``, and to nowhere else. ``announce``
    hears what Accrue does, for whoever waits for it.
    """
    processor = FakeProcessor(backend, name=FAKE, webhook_secret=webhook_secret)
    # The Fake of this process is ours to make; an account of Stripe's may stand beside it.
    sessions = Sessions(backend.clock)
    accrue = Accrue(
        _settings(folder, origin, FAKE, without={"fake"}),
        catalog=CATALOG,
        clock=backend.clock,
        announce=announce,
        plugins=[FakePlugin(processor), SessionsPlugin(sessions)],
    )
    return Host(accrue, sessions, origin)


def build_at_stripe(
    folder: Path,
    account: StripeSettings,
    *,
    clock: Clock,
    origin: str,
    announce: Callable[[str], None] | None = None,
) -> Host:
    """Put everything together around an account of Stripe's; no I/O happens yet.

    ``clock`` is the account's time. Whatever account the environment describes is left alone.
    """
    from accrue_stripe.processor import StripeProcessor

    sessions = Sessions(clock)
    accrue = Accrue(
        _settings(folder, origin, STRIPE, without={"fake", "stripe"}),
        catalog=CATALOG,
        clock=clock,
        announce=announce,
        plugins=[ProcessorPlugin(StripeProcessor(account)), SessionsPlugin(sessions)],
    )
    return Host(accrue, sessions, origin, account.api_base)


def _settings(folder: Path, origin: str, processor: str, *, without: set[str]) -> Settings:
    return Settings(
        database_url=f"sqlite+aiosqlite:///{folder / DATABASE}",
        auth="sessions",
        allowed_origins=frozenset({origin}),
        poll_interval=timedelta(milliseconds=200),
        # What a killed process has left unfinished is taken up again after so long.
        lease=timedelta(seconds=8),
        call_deadline=timedelta(seconds=5),
        plugins_disabled=frozenset(without),
        processor=processor,
    )
