"""What a deployment decides about the portal: its name, the way back, its look."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast, get_args

from accrue_core.contracts.changes import CollectionPause
from accrue_core.errors import ConfigurationError

THEME = ("accent", "on-accent", "page", "surface", "text", "radius")
"""What a host may change: each is the CSS variable ``--accrue-<name>``."""

SEATS = "per seat"

_VALUE = re.compile(r"[#\w().,%/ +-]{1,120}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something that customers may change to: a plan of the catalog, or one of its prices.

    ``plan`` is the plan's key, which means its first price, or a price's ref. ``name`` is what
    customers call it, by default the plan's name. ``has_seats`` lets them choose how many, and
    with a ``currency`` it is offered to those only who pay in it.
    """

    plan: str
    name: str = ""
    has_seats: bool = False
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalSettings:
    """The settings of the portal.

    ``app_name`` is what customers call the host's application, ``back_to`` where it is, and
    ``theme`` maps names of ``THEME`` to CSS values. ``offers`` is what customers may change to:
    by default every plan of the catalog, and when empty nothing. ``pause`` lets them pause, and
    says what becomes of the invoices of a pause.
    """

    app_name: str = ""
    back_to: str = "/"
    theme: Mapping[str, str] = field(default_factory=dict)
    offers: tuple[Offer, ...] | None = None
    pause: CollectionPause | None = None

    @property
    def sells_changes(self) -> bool:
        """Whether customers may change what they have at all."""
        return self.offers is None or bool(self.offers)

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
        """Read ``ACCRUE_PORTAL_APP_NAME``, ``_BACK_TO``, ``_THEME``, ``_OFFERS`` and ``_PAUSE``.

        A theme is written as ``accent=#0a6b4f; on-accent=#fff; radius=4px``, offers as
        ``pro; team=Team, per seat; price_pro_yearly=Pro by the year, usd`` or as ``none``.
        """
        environ = os.environ if environ is None else environ
        return cls(
            app_name=environ.get("ACCRUE_PORTAL_APP_NAME", "").strip(),
            back_to=environ.get("ACCRUE_PORTAL_BACK_TO", "").strip() or "/",
            theme=_theme(environ.get("ACCRUE_PORTAL_THEME", "")),
            offers=_offers(environ.get("ACCRUE_PORTAL_OFFERS", "").strip()),
            pause=_pause(environ.get("ACCRUE_PORTAL_PAUSE", "").strip()),
        )


def _offers(text: str) -> tuple[Offer, ...] | None:
    if not text or text == "none":
        return () if text else None
    return tuple(_offer(part) for part in filter(None, (one.strip() for one in text.split(";"))))


def _offer(text: str) -> Offer:
    plan, _, rest = (part.strip() for part in text.partition("="))
    name, *more = (part.strip() for part in rest.split(","))
    currencies = [word for word in more if len(word) == 3 and word.islower()]
    unknown = [word for word in more if word != SEATS and word not in currencies]
    if not plan or unknown or len(currencies) > 1:
        raise ConfigurationError(
            f"ACCRUE_PORTAL_OFFERS is written team=Team, per seat, usd; not {text!r}"
        )
    return Offer(plan=plan, name=name, has_seats=SEATS in more, currency="".join(currencies))


def _pause(text: str) -> CollectionPause | None:
    if text and text not in get_args(CollectionPause):
        raise ConfigurationError(
            f"ACCRUE_PORTAL_PAUSE is one of {', '.join(get_args(CollectionPause))}, not {text!r}"
        )
    return cast(CollectionPause, text) if text else None


def _theme(text: str) -> dict[str, str]:
    theme = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, is_set, value = part.partition("=")
        if not is_set:
            raise ConfigurationError(f"ACCRUE_PORTAL_THEME is written accent=#123456, not {part!r}")
        theme[name.strip()] = value.strip()
    return theme
