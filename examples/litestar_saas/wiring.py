"""The one Accrue of this host, and what its pages share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from accrue_core import Accrue, Billing, Secret, Settings, hookimpl
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.routes import Mount
from accrue_fake import Backend, FakeProcessor
from examples.litestar_saas.catalog import CATALOG, PROCESSOR
from examples.litestar_saas.sessions import Sessions, SessionsPlugin

DATABASE = "accrue.sqlite3"


class FakePlugin:
    """Hands the fake processor of this process to Accrue, and the pages that belong to it."""

    plugin_name = "fieldnotes_processor"

    def __init__(self, processor: FakeProcessor) -> None:
        self._processor = processor

    @hookimpl
    def register_processors(self) -> Sequence[Processor]:
        """Offer the one processor there is."""
        return (self._processor,)

    @hookimpl
    def register_routes(self, billing: Billing) -> Sequence[Mount]:
        """Offer the pages on which its customers pay."""
        from accrue_fake.pages.site import mounts

        return tuple(mounts(billing))


@dataclass(frozen=True, slots=True)
class Host:
    """What the parts of this host share; ``origin`` is where browsers find it."""

    accrue: Accrue
    sessions: Sessions
    origin: str

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
    sessions = Sessions(backend.clock)
    processor = FakeProcessor(backend, name=PROCESSOR, webhook_secret=webhook_secret)
    settings = Settings(
        database_url=f"sqlite+aiosqlite:///{folder / DATABASE}",
        auth="sessions",
        allowed_origins=frozenset({origin}),
        poll_interval=timedelta(milliseconds=200),
        # What a killed process has left unfinished is taken up again after so long.
        lease=timedelta(seconds=8),
        call_deadline=timedelta(seconds=5),
        # The Fake of this process is ours to make; an account of Stripe's may stand beside it.
        plugins_disabled=frozenset({"fake"}),
        processor=PROCESSOR,
    )
    accrue = Accrue(
        settings,
        catalog=CATALOG,
        clock=backend.clock,
        announce=announce,
        plugins=[FakePlugin(processor), SessionsPlugin(sessions)],
    )
    return Host(accrue, sessions, origin)
