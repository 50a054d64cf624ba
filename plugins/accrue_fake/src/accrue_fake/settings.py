"""What a deployment decides about the fake processor: by default, that there is none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from accrue_core.errors import ConfigurationError
from accrue_core.settings import Secret
from accrue_fake.engine.addresses import NOWHERE, is_web_address
from accrue_fake.engine.signing import DEFAULT_SECRET


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeSettings:
    """The settings of the fake processor; ``socket`` wins over an engine in this process.

    ``pages_url`` is where this application serves the pages, as ``<host>/billing/fake``.
    """

    is_in_process: bool = False
    socket: str | None = None
    webhook_secret: Secret = DEFAULT_SECRET
    name: str = "fake"
    pages_url: str = NOWHERE

    @property
    def is_configured(self) -> bool:
        """Whether the plugin offers a processor at all."""
        return self.is_in_process or self.socket is not None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> FakeSettings:
        """Read ``ACCRUE_FAKE`` and its kin."""
        environ = os.environ if environ is None else environ
        switch = environ.get("ACCRUE_FAKE", "0").strip().lower()
        if switch not in {"0", "1", "false", "true", ""}:
            raise ConfigurationError(f"ACCRUE_FAKE is 1 or 0, not {switch!r}")
        secret = environ.get("ACCRUE_FAKE_WEBHOOK_SECRET")
        return cls(
            is_in_process=switch in {"1", "true"},
            socket=environ.get("ACCRUE_FAKE_SOCKET") or None,
            webhook_secret=Secret(secret) if secret else DEFAULT_SECRET,
            name=environ.get("ACCRUE_FAKE_NAME") or "fake",
            pages_url=_pages_url(environ.get("ACCRUE_FAKE_PAGES_URL") or NOWHERE),
        )


def _pages_url(url: str) -> str:
    if not is_web_address(url):
        raise ConfigurationError("ACCRUE_FAKE_PAGES_URL begins with http:// or https://")
    return url
