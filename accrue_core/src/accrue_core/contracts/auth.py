"""Who is asking: the host's answer, never a guess of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from accrue_core.owners import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A signed-in person: the owners they may act for, their role, when they last proved it.

    The first of ``owners`` is the one they act for where nothing else is said.
    """

    user_id: str
    owners: tuple[Owner, ...] = ()
    role: Literal["member", "operator"] = "member"
    proved_at: datetime | None = None


class AuthAdapter(Protocol):
    """Reads the host's session."""

    @property
    def name(self) -> str:
        """What ``settings.auth`` calls it."""
        ...

    async def identify(self, scope: Mapping[str, Any]) -> Identity | None:
        """Return who made this request (an ASGI scope), or ``None``. Raising means no one."""
        ...
