"""The theatre: everything around Fieldnotes that a real host would not have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from examples.litestar_saas.demo.clockwork import Clockwork
from examples.litestar_saas.demo.seeding import Seeding
from examples.litestar_saas.wiring import Host


@dataclass(slots=True, kw_only=True)
class Theatre:
    """The host, the clock that visitors may move, and the year that is played first.

    Until it ``is_ready``, visitors see how far the year is and nothing else.
    """

    host: Host
    clockwork: Clockwork
    seeding: Seeding
    is_ready: bool

    @property
    def now(self) -> datetime:
        """The moment at which the demonstration stands."""
        return self.clockwork.now
