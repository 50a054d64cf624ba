"""What a deployment decides about Braintree."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from types import MappingProxyType
from typing import Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from accrue_braintree.translate.account import Account
from accrue_core.errors import ConfigurationError, InvalidRequest, MissingSetting
from accrue_core.money import known_currency
from accrue_core.settings import Secret

Environment = Literal["sandbox", "production"]

REQUIRED = {
    "ACCRUE_BRAINTREE_MERCHANT_ID": "it says whose gateway is asked",
    "ACCRUE_BRAINTREE_PUBLIC_KEY": "requests and webhooks are signed with a pair of keys",
    "ACCRUE_BRAINTREE_PRIVATE_KEY": "requests and webhooks are signed with a pair of keys",
}
"""The three that make an account: all of them or none."""

_WORD = re.compile(r"[A-Za-z0-9_-]+")
_KEY = re.compile(r"[!-~]+")
_WHOLE = re.compile(r"[0-9]{1,6}")
_DECIMAL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BraintreeSettings:
    """One Braintree gateway, in one environment.

    ``currencies`` says in which currency each merchant account charges, for subscriptions that
    do not tell. ``time_zone`` is the gateway's: its billing dates are days there. ``api_base``
    replaces the environment's address by a stand-in on this machine.

    ``max_age`` and ``max_ahead`` are how many seconds a webhook may be older or newer than our
    time; the first leaves room for the day on which Braintree repeats one, and for a backlog.
    ``request_timeout`` covers one call of the SDK in seconds, ``connect_timeout`` its beginning.
    """

    merchant_id: str
    public_key: str
    private_key: Secret
    environment: Environment = "sandbox"
    name: str = "braintree"
    api_base: str | None = None
    currencies: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = "UTC"
    max_age: int = 3 * 24 * 3600
    max_ahead: int = 300
    connect_timeout: float = 5.0
    request_timeout: float = 20.0
    fetch_limit: int = 8

    def __post_init__(self) -> None:
        object.__setattr__(self, "currencies", MappingProxyType(dict(self.currencies)))
        if self.api_base is not None:
            object.__setattr__(self, "api_base", self.api_base.rstrip("/"))
        self._check_keys()
        self._check_base()
        self._check_currencies()
        zone_named(self.time_zone)
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"a processor's name is part of a path, such as 'braintree', not {self.name!r}"
            )
        for number in ("max_age", "max_ahead", "connect_timeout", "request_timeout", "fetch_limit"):
            if getattr(self, number) <= 0:
                raise ConfigurationError(f"{number} must be more than 0")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> BraintreeSettings | None:
        """Read the account from ``ACCRUE_BRAINTREE_*``; without its three keys there is none.

        One or two of the three is half an account, and refused by the name of what is missing.
        """
        environ = os.environ if environ is None else environ
        given = {name: environ.get(name, "").strip() for name in REQUIRED}
        if not any(given.values()):
            return None
        for name, value in given.items():
            if not value:
                raise MissingSetting(name, why=REQUIRED[name])
        merchant_id, public_key, private_key = given.values()
        return cls(
            merchant_id=merchant_id,
            public_key=public_key,
            private_key=Secret(private_key),
            environment=cast(Environment, _text(environ, "ENVIRONMENT", "sandbox")),
            name=_text(environ, "NAME", "braintree"),
            api_base=_text(environ, "API_BASE", "") or None,
            currencies=_pairs(_text(environ, "CURRENCIES", "")),
            time_zone=_text(environ, "TIME_ZONE", "UTC"),
            connect_timeout=_number(environ, "CONNECT_TIMEOUT", 5.0),
            request_timeout=_number(environ, "REQUEST_TIMEOUT", 20.0),
            fetch_limit=int(_number(environ, "FETCH_LIMIT", 8, pattern=_WHOLE)),
        )

    @property
    def livemode(self) -> bool:
        """Whether real money moves: the environment decides, a notification does not say."""
        return self.environment == "production"

    @property
    def account(self) -> Account:
        """What its things are read with."""
        return Account(currencies=self.currencies, zone=zone_named(self.time_zone))

    def _check_keys(self) -> None:
        if self.environment not in ("sandbox", "production"):
            raise ConfigurationError(
                f"the Braintree environment is sandbox or production, not {self.environment!r}"
            )
        if not _WORD.fullmatch(self.merchant_id) or not _WORD.fullmatch(self.public_key):
            raise ConfigurationError(
                "the Braintree merchant id and public key are letters, digits, - and _"
            )
        if not _KEY.fullmatch(self.private_key.reveal()):
            raise ConfigurationError("the Braintree private key is empty, or has a space in it")

    def _check_base(self) -> None:
        if self.api_base is None:
            return
        try:
            base = urlsplit(self.api_base)
            is_plain = not (base.path or base.query or base.fragment or base.username)
            usable = is_plain and base.scheme == "http" and bool(base.port)
        except ValueError:
            usable = False
        if not usable or base.hostname not in _LOOPBACK:
            raise ConfigurationError(
                "api_base is a stand-in on this machine, such as http://127.0.0.1:3000; "
                "the addresses of Braintree follow from the environment"
            )
        if self.livemode:
            raise ConfigurationError("production keys are not sent to a stand-in on this machine")

    def _check_currencies(self) -> None:
        for account, currency in self.currencies.items():
            try:
                known_currency(currency)
            except InvalidRequest:
                currency = ""
            if not _WORD.fullmatch(account) or not currency:
                raise ConfigurationError(
                    "currencies pairs merchant accounts with ISO 4217 codes in lower case, "
                    f"as in 'main=usd,euro=eur', which {account!r} does not"
                )


def zone_named(name: str) -> tzinfo:
    """Return a time zone by its IANA name, or ``ConfigurationError``."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(f"{name!r} is not a time zone known on this machine") from None


def _text(environ: Mapping[str, str], name: str, default: str) -> str:
    return environ.get(f"ACCRUE_BRAINTREE_{name}", "").strip() or default


def _number(
    environ: Mapping[str, str], name: str, default: float, *, pattern: re.Pattern[str] = _DECIMAL
) -> float:
    text = _text(environ, name, str(default))
    if not pattern.fullmatch(text):
        raise ConfigurationError(f"ACCRUE_BRAINTREE_{name} cannot be read: {text!r}")
    return float(text)


def _pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        account, equals, currency = (word.strip() for word in part.partition("="))
        if not equals or account in pairs:
            raise ConfigurationError(
                "ACCRUE_BRAINTREE_CURRENCIES is a list like 'main=usd,euro=eur', in which every "
                f"merchant account stands once; {part!r} does not fit"
            )
        pairs[account] = currency
    return pairs
