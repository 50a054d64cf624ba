"""The one Accrue of this host, and the fake processor behind it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from accrue_core import Accrue, Secret, Settings, hookimpl
from accrue_core.contracts.processor import Processor
from accrue_fake import Engine, FakeProcessor
from examples.litestar_saas.catalog import CATALOG, stock
from examples.litestar_saas.people import PeoplePlugin, Sessions

FIRST_DAY = datetime(2026, 1, 17, 9, tzinfo=UTC)
"""A trial of 14 days ends on the 31st, so that the year shows what short months do."""


class FakePlugin:
    """Hands a processor that lives in this process to Accrue."""

    plugin_name = "fieldnotes_processor"

    def __init__(self, processor: FakeProcessor) -> None:
        self._processor = processor

    @hookimpl
    def register_processors(self) -> Sequence[Processor]:
        """Offer the one processor there is."""
        return (self._processor,)


@dataclass(slots=True)
class Host:
    """What the parts of this host share. ``is_telling`` while the story is under way."""

    engine: Engine
    accrue: Accrue
    sessions: Sessions
    is_telling: bool = field(default=True)


def build(folder: Path) -> Host:
    """Put everything together; no I/O happens yet.

    The engine's clock is Accrue's clock, so a year passes for both when the story says so.
    """
    engine, sessions = Engine(start=FIRST_DAY), Sessions()
    stock(engine)
    processor = FakeProcessor(engine, webhook_secret=Secret(secrets.token_hex(24)))
    settings = Settings(
        database_url=f"sqlite+aiosqlite:///{folder / 'accrue.sqlite3'}",
        auth="sessions",
        poll_interval=timedelta(milliseconds=200),
        # The engine of this process is the Fake; an account of Stripe's may stand beside it.
        plugins_disabled=frozenset({"fake"}),
        processor="fake",
    )
    accrue = Accrue(
        settings,
        catalog=CATALOG,
        clock=engine.clock,
        plugins=[FakePlugin(processor), PeoplePlugin(sessions)],
    )
    return Host(engine, accrue, sessions)
