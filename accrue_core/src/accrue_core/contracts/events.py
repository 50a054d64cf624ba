"""Processor events: what a webhook announces, verified and not yet believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

TRIAL_ENDING = "trial_ending"
"""What an event announces that no later look at the thing would show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorEvent:
    """Where to look, according to a correctly signed webhook.

    ``noun`` and ``object_ref`` name the thing to fetch; both are ``None`` when nothing we mirror
    is concerned. ``is_deletion`` together with a 404 proves that the thing is gone.
    ``created_at`` is the processor's time, for display: it never orders anything. ``announces`` is
    ``TRIAL_ENDING`` for the warning ahead of a trial's end: news that no fetch shows.
    """

    ref: str
    type: str
    noun: str | None
    object_ref: str | None
    is_deletion: bool = False
    livemode: bool = False
    created_at: datetime | None = None
    announces: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEvent:
    """An event as the processor lists it: where to look, and its bytes, which nobody signed."""

    event: ProcessorEvent
    body: bytes
