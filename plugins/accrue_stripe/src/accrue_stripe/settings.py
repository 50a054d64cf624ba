"""What a deployment decides about Stripe."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from accrue_core.errors import ConfigurationError, MissingSetting
from accrue_core.settings import Secret

STRIPE_API_BASE = "https://api.stripe.com"
API_VERSION = "2026-10-28.endive"
"""The API version that every request names and every translation reads: the SDK's own pin."""

_KEY = re.compile(r"(?:sk|rk)_(test|live)_\S+")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeSettings:
    """One Stripe account.

    Several webhook secrets may be active at once, so that one can be rolled without losing an
    event. ``livemode`` follows from the key; a host that knows what it expects may pass it, and
    a key of the other mode is then refused before anything is sent. ``tolerance`` and the
    timeouts are in seconds; ``request_timeout`` covers one HTTP request from first to last byte.
    """

    api_key: Secret
    webhook_secrets: tuple[Secret, ...]
    api_base: str = STRIPE_API_BASE
    name: str = "stripe"
    livemode: bool | None = None
    tolerance: int = 300
    connect_timeout: float = 5.0
    request_timeout: float = 20.0
    fetch_limit: int = 8

    def __post_init__(self) -> None:
        mode = _KEY.fullmatch(self.api_key.reveal())
        if mode is None:
            raise ConfigurationError(
                "the Stripe key is not a secret key: it starts with sk_test_, sk_live_, "
                "rk_test_ or rk_live_"
            )
        is_live = mode.group(1) == "live"
        if self.livemode not in (None, is_live):
            raise ConfigurationError(
                f"livemode is {self.livemode}, but the Stripe key is a {mode.group(1)} key"
            )
        object.__setattr__(self, "livemode", is_live)
        object.__setattr__(self, "api_base", self.api_base.rstrip("/"))
        self._check_secrets()
        self._check_base()
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"a processor's name is part of a path, such as 'stripe', not {self.name!r}"
            )
        for number in ("tolerance", "connect_timeout", "request_timeout", "fetch_limit"):
            if getattr(self, number) <= 0:
                raise ConfigurationError(f"{number} must be more than 0")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> StripeSettings | None:
        """Read the account from ``ACCRUE_STRIPE_*``; without a key there is none.

        A key without webhook secrets is refused: such an account would be billed through and
        never heard of again.
        """
        environ = os.environ if environ is None else environ
        api_key = environ.get("ACCRUE_STRIPE_API_KEY", "").strip()
        if not api_key:
            return None
        secrets = environ.get("ACCRUE_STRIPE_WEBHOOK_SECRETS", "").split(",")
        return cls(
            api_key=Secret(api_key),
            webhook_secrets=tuple(Secret(part.strip()) for part in secrets if part.strip()),
            api_base=environ.get("ACCRUE_STRIPE_API_BASE", "").strip() or STRIPE_API_BASE,
            name=environ.get("ACCRUE_STRIPE_NAME", "").strip() or "stripe",
        )

    @property
    def is_loopback(self) -> bool:
        """Whether requests go to a stand-in on this machine."""
        return urlsplit(self.api_base).hostname in _LOOPBACK

    def _check_secrets(self) -> None:
        if not self.webhook_secrets:
            raise MissingSetting(
                "ACCRUE_STRIPE_WEBHOOK_SECRETS",
                why="without one, no webhook can be believed; several are separated by commas",
            )
        for secret in self.webhook_secrets:
            text = secret.reveal()
            if not text or any(letter.isspace() for letter in text):
                raise ConfigurationError("a webhook secret is empty or contains a space")

    def _check_base(self) -> None:
        try:
            base = urlsplit(self.api_base)
            is_plain = not (base.path or base.query or base.fragment or base.username)
            usable = is_plain and bool(base.hostname) and base.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ConfigurationError("api_base is an origin, such as https://api.stripe.com")
        if base.scheme != "https" and (base.scheme != "http" or not self.is_loopback):
            raise ConfigurationError("api_base uses https, or http on this machine only")
        if self.is_loopback and self.livemode:
            raise ConfigurationError("a live key is not sent to a stand-in on this machine")
