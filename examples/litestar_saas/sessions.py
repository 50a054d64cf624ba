"""Who is signed in, and how Accrue learns of it.

Sessions live in this process: a cookie holds a random key and nothing else. That is enough for a
demonstration; the part that a real host keeps is ``SessionAuth``.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any

from accrue_core import hookimpl
from accrue_core.clock import Clock
from accrue_core.contracts.auth import AuthAdapter, Identity
from examples.litestar_saas.people import Person

COOKIE = "fieldnotes_session"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in, since when."""

    person: Person
    since: datetime


class Sessions:
    """Which key belongs to whom, until the process ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun: dict[str, Session] = {}

    def begin(self, person: Person) -> str:
        """Sign somebody in and return a new key, so that a planted one is worth nothing."""
        key = secrets.token_urlsafe(32)
        self._begun[key] = Session(person, self._clock.now())
        return key

    def end(self, scope: Mapping[str, Any]) -> None:
        """Sign out."""
        self._begun.pop(_key(scope), None)

    def of(self, scope: Mapping[str, Any]) -> Session | None:
        """Return whose request this is, going by its cookie."""
        return self._begun.get(_key(scope))


class SessionAuth:
    """Tells Accrue who is signed in: the auth adapter called ``sessions``."""

    name = "sessions"

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def identify(self, scope: Mapping[str, Any]) -> Identity | None:
        """Return a member, who acts for their organization only, or an operator, for nobody."""
        session = self._sessions.of(scope)
        if session is None:
            return None
        person = session.person
        return Identity(
            user_id=person.id,
            owners=() if person.is_operator else (person.organization.billing_owner(),),
            role="operator" if person.is_operator else "member",
            proved_at=session.since,
        )


class SessionsPlugin:
    """Hands the auth adapter to Accrue."""

    plugin_name = "fieldnotes_sessions"

    def __init__(self, sessions: Sessions) -> None:
        self._adapter = SessionAuth(sessions)

    @hookimpl
    def register_auth_adapters(self) -> Sequence[AuthAdapter]:
        """Offer the one adapter there is."""
        return (self._adapter,)


def _key(scope: Mapping[str, Any]) -> str:
    cookies: SimpleCookie = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                cookies.load(value.decode("latin-1"))
            except CookieError:
                return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""
