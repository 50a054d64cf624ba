"""What a deployment decides about the portal: its name, the way back, its look."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from accrue_core.errors import ConfigurationError

THEME = ("accent", "on-accent", "page", "surface", "text", "radius")
"""What a host may change: each is the CSS variable ``--accrue-<name>``."""

_VALUE = re.compile(r"[#\w().,%/ +-]{1,120}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalSettings:
    """The settings of the portal.

    ``app_name`` is what customers call the host's application, ``back_to`` where it is, and
    ``theme`` maps names of ``THEME`` to CSS values.
    """

    app_name: str = ""
    back_to: str = "/"
    theme: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        is_path = self.back_to.startswith("/") and self.back_to[1:2] not in ("/", "\\")
        if not (is_path or self.back_to.startswith("https://")) or not self.back_to.isprintable():
            raise ConfigurationError(
                "ACCRUE_PORTAL_BACK_TO is a path such as /app, or begins with https://, "
                f"not {self.back_to!r}"
            )
        for name, value in self.theme.items():
            if name not in THEME:
                raise ConfigurationError(f"a theme sets {', '.join(THEME)}, not {name!r}")
            if not _VALUE.fullmatch(value):
                raise ConfigurationError(f"the theme's {name} is a CSS value, not {value!r}")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> PortalSettings:
        """Read ``ACCRUE_PORTAL_APP_NAME``, ``ACCRUE_PORTAL_BACK_TO`` and ``ACCRUE_PORTAL_THEME``.

        A theme is written as ``accent=#0a6b4f; on-accent=#fff; radius=4px``.
        """
        environ = os.environ if environ is None else environ
        return cls(
            app_name=environ.get("ACCRUE_PORTAL_APP_NAME", "").strip(),
            back_to=environ.get("ACCRUE_PORTAL_BACK_TO", "").strip() or "/",
            theme=_theme(environ.get("ACCRUE_PORTAL_THEME", "")),
        )


def _theme(text: str) -> dict[str, str]:
    theme = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, is_set, value = part.partition("=")
        if not is_set:
            raise ConfigurationError(f"ACCRUE_PORTAL_THEME is written accent=#123456, not {part!r}")
        theme[name.strip()] = value.strip()
    return theme
