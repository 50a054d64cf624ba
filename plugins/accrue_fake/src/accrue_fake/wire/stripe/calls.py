"""Calls: one request, read as far as every route needs it; and the answer to it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from accrue_fake.wire.stripe.asking import is_v2
from accrue_fake.wire.stripe.params import Params
from accrue_fake.wire.stripe.problems import Refused, invalid, not_played_version
from accrue_fake.wire.stripe.shapes.keys import API_VERSION
from accrue_fake.wire.stripe.shapes.versions import is_before_all, release_of

_LIVE = re.compile(r"[rs]k_live_")
_TEST = re.compile(r"[rs]k_test_[A-Za-z0-9_]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has found its route. ``names`` are the ids in its path."""

    method: str
    path: str
    route: str
    names: tuple[str, ...]
    params: Params
    request: str
    key: str | None = None
    version: str = API_VERSION


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it goes over the line."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def reply_of(document: Mapping[str, Any], status: int = 200, **headers: str) -> Reply:
    """Return a document as an answer; Stripe indents, so that people can read it."""
    return Reply(status, json.dumps(document, indent=2).encode(), headers)


def refusal_of(refused: Refused, path: str) -> Reply:
    """Return a refusal as an answer, in the form of the namespace that was asked."""
    body = refused.body_v2() if is_v2(path) else refused.body()
    return Reply(refused.status, json.dumps(body, indent=2).encode(), refused.headers)


def require_key(authorization: str | None, keys: Collection[str] | None) -> str:
    """Return the secret test key of a request, by Bearer or Basic; else 401.

    ``keys`` are those that are accepted; without any, every test key is.
    """
    key = _key_in(authorization)
    if key is None:
        raise _unauthorized(
            "You did not provide an API key: send it as a Bearer token in the Authorization "
            "header, or as the user name of Basic auth."
        )
    if _LIVE.match(key):
        raise _unauthorized("The Fake moves no money: it takes test keys only, sk_test_...")
    is_known = bool(_TEST.fullmatch(key)) if keys is None else key in keys
    if not is_known:
        raise _unauthorized(f"Invalid API Key provided: {_masked(key)}")
    return key


def require_account(headers: Mapping[str, str], account: str) -> None:
    """Refuse accounts other than the one there is."""
    connected = headers.get("stripe-account")
    if connected is not None and connected != account:
        raise Refused(
            403,
            f"The provided key does not have access to account '{connected[:80]}', or that "
            "account does not exist.",
            code="account_invalid",
        )


def version_in(headers: Mapping[str, str]) -> str:
    """Return the version of the API that a request asks for: the account's if it does not say."""
    return require_version(headers.get("stripe-version", API_VERSION))


def known_version(headers: Mapping[str, str]) -> str:
    """Return the version that an answer says it is of, whatever it is."""
    asked = headers.get("stripe-version", "")
    return API_VERSION if release_of(asked) is None else asked


def require_version(version: str, *, param: str | None = None) -> str:
    """Return a version that answers are had at; refuse what is none, or is not played."""
    if release_of(version) is not None:
        return version
    if is_before_all(version) or ";" in version or version.endswith(".preview"):
        raise not_played_version(version, param=param)
    raise invalid(f"Invalid Stripe API version: {version[:40]}", param=param)


def _key_in(authorization: str | None) -> str | None:
    scheme, _, given = (authorization or "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return given.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        user = base64.b64decode(given.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return user.partition(":")[0] or None


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * 8}{key[-4:]}" if len(key) > 16 else "*" * 8


def _unauthorized(message: str) -> Refused:
    return Refused(401, message, headers={"www-authenticate": 'Bearer realm="Stripe"'})
