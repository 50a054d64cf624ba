"""Mounts: pages that plugins bring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from accrue_core.errors import ConfigurationError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Mount:
    """An ASGI application and its path below Accrue's own, such as ``/admin``.

    The application sees ``root_path`` extended by the mount and makes its links from it.
    """

    path: str
    app: ASGIApplication
    title: str = ""

    def __post_init__(self) -> None:
        if not self.path.startswith("/") or self.path.endswith("/") or "//" in self.path:
            raise ConfigurationError(f"a mount's path looks like /admin, not {self.path!r}")
