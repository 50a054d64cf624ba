"""Mailers: how a message leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one recipient, rendered. ``key`` is the same when it is sent again."""

    key: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)


class Mailer(Protocol):
    """Sends messages."""

    @property
    def name(self) -> str:
        """What ``settings.mailer`` calls it."""
        ...

    async def send(self, message: Message) -> None:
        """Hand the message over; raise to have it retried under the same key."""
        ...
