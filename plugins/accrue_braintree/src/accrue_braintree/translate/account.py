"""What has to be known about a gateway before its things can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The currency of each merchant account, as far as somebody said so, and the time zone."""

    currencies: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC

    def start_of(self, day: date) -> datetime:
        """Return the moment at which a day begins there."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """Return the moment at which a day is over there: Braintree's last days are included."""
        return self.start_of(day + timedelta(days=1))
