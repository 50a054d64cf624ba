"""What a deployment decides about Stripe."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from accrue_core.errors import ConfigurationError, MissingSetting
from accrue_core.settings import Secret

STRIPE_API_BASE = "https://api.stripe.com"
API_VERSION = "2026-10-28.endive"
"""The API version that every request names and every translation reads: the SDK's own pin."""

PREFIX = "ACCRUE_STRIPE_"
ACCOUNTS = f"{PREFIX}ACCOUNTS"

_KEY = re.compile(r"(?:sk|rk)_(test|live)_[!-~]+")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LABEL = re.compile(r"[a-z][a-z0-9]{0,30}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MODES: Mapping[str, bool | None] = {"": None, "live": True, "test": False}
_POSITIVE = (
    "connect_timeout", "request_timeout", "call_timeout", "fetch_limit", "retry_delay",
    "breaker_failures", "breaker_pause",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeAccount:
    """One Stripe account, as requests to it need to know it.

    ``livemode`` follows from the key; a host that knows what it expects may pass it, and a key of
    the other mode is then refused before anything is sent. Times are in seconds:
    ``request_timeout`` covers one try of a request from first to last byte, ``call_timeout`` all
    its tries and the waits between them. ``retries`` is how often it is sent again, and
    ``retry_delay`` the wait before the first time. After ``breaker_failures`` in a row nothing is
    sent for ``breaker_pause``.
    """

    api_key: Secret
    api_base: str = STRIPE_API_BASE
    name: str = "stripe"
    livemode: bool | None = None
    connect_timeout: float = 5.0
    request_timeout: float = 20.0
    call_timeout: float = 25.0
    fetch_limit: int = 8
    retries: int = 2
    retry_delay: float = 0.5
    breaker_failures: int = 10
    breaker_pause: float = 30.0

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
        self._check_base()
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"a processor's name is part of a path, such as 'stripe', not {self.name!r}"
            )
        for number in _POSITIVE:
            if getattr(self, number) <= 0:
                raise ConfigurationError(f"{number} must be more than 0")
        if self.retries < 0:
            raise ConfigurationError("retries must be 0 or more")

    @property
    def is_loopback(self) -> bool:
        """Whether requests go to a stand-in on this machine."""
        return urlsplit(self.api_base).hostname in _LOOPBACK

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeSettings(StripeAccount):
    """One Stripe account that Accrue works with.

    Several webhook secrets may be active at once, so that one can be rolled without losing an
    event. ``tolerance`` is how many seconds a webhook's time may be from ours.
    """

    webhook_secrets: tuple[Secret, ...]
    tolerance: int = 300

    def __post_init__(self) -> None:
        # The name of the class is written out: a dataclass with slots is another class than this.
        StripeAccount.__post_init__(self)
        self._check_secrets()
        if self.tolerance <= 0:
            raise ConfigurationError("tolerance must be more than 0")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> StripeSettings | None:
        """Read the account of ``ACCRUE_STRIPE_API_KEY``; without a key there is none."""
        return _settings(os.environ if environ is None else environ, None)

    @classmethod
    def all_from_env(cls, environ: Mapping[str, str] | None = None) -> tuple[StripeSettings, ...]:
        """Read that account and those of ``ACCRUE_STRIPE_ACCOUNTS``.

        ``ACCRUE_STRIPE_ACCOUNTS=eu,us`` names two more: ``ACCRUE_STRIPE_EU_API_KEY`` is the key of
        the first, which is called ``stripe-eu``, and so on with every variable.

        A key without webhook secrets is refused: such an account would be billed through and
        never heard of again.
        """
        environ = os.environ if environ is None else environ
        found = [_settings(environ, label) for label in (None, *labels(environ))]
        return tuple(one for one in found if one is not None)

    def _check_secrets(self) -> None:
        if not self.webhook_secrets:
            raise MissingSetting(
                f"{PREFIX}WEBHOOK_SECRETS",
                why="without one, no webhook can be believed; several are separated by commas",
            )
        for secret in self.webhook_secrets:
            text = secret.reveal()
            if not text or any(letter.isspace() for letter in text):
                raise ConfigurationError("a webhook secret is empty or contains a space")


def labels(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what further accounts are called in the names of variables."""
    found = tuple(part.strip() for part in environ.get(ACCOUNTS, "").split(",") if part.strip())
    for label in found:
        if not _LABEL.fullmatch(label):
            raise ConfigurationError(
                f"{ACCOUNTS} is a list of words such as 'eu,us': letters and digits, not {label!r}"
            )
    return found


def account_from_env(environ: Mapping[str, str], label: str | None) -> StripeAccount:
    """Read one account without its webhook secrets, for work that comes before there are any.

    Raises ``MissingSetting`` when it has no key.
    """
    said = _said(environ, label)
    if not said["api_key"].reveal():
        raise MissingSetting(f"{_prefix(label)}API_KEY", why="there is no account without one")
    return StripeAccount(**said)


def secrets_variable(label: str | None) -> str:
    """Return the name of the variable with an account's webhook secrets."""
    return f"{_prefix(label)}WEBHOOK_SECRETS"


def _settings(environ: Mapping[str, str], label: str | None) -> StripeSettings | None:
    said = _said(environ, label)
    if not said["api_key"].reveal():
        if label is None:
            return None
        raise MissingSetting(f"{_prefix(label)}API_KEY", why=f"{ACCOUNTS} names this account")
    name = secrets_variable(label)
    secrets = tuple(
        Secret(part.strip()) for part in environ.get(name, "").split(",") if part.strip()
    )
    if not secrets:
        raise MissingSetting(
            name, why="without one, no webhook can be believed; several are separated by commas"
        )
    return StripeSettings(**said, webhook_secrets=secrets)


def _said(environ: Mapping[str, str], label: str | None) -> dict[str, Any]:
    def value(name: str) -> str:
        return environ.get(f"{_prefix(label)}{name}", "").strip()

    mode = value("MODE")
    if mode not in _MODES:
        raise ConfigurationError(f"{_prefix(label)}MODE is 'live' or 'test', not {mode!r}")
    return {
        "api_key": Secret(value("API_KEY")),
        "api_base": value("API_BASE") or STRIPE_API_BASE,
        "name": value("NAME") or ("stripe" if label is None else f"stripe-{label}"),
        "livemode": _MODES[mode],
    }


def _prefix(label: str | None) -> str:
    return PREFIX if label is None else f"{PREFIX}{label.upper()}_"
