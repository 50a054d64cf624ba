"""Who there is, who is signed in, and how Accrue learns of it.

Sessions live in this process: a cookie holds a random key and nothing else. That is enough for a
demonstration; the part that a real host keeps is ``SessionAuth``.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from accrue_core import BillingContact, Owner, hookimpl
from accrue_core.contracts.auth import AuthAdapter, Identity

COOKIE = "fieldnotes_session"


@dataclass(frozen=True, slots=True)
class Organization:
    """Who pays. Verbs of Accrue take it wherever they take an owner."""

    id: str
    name: str
    email: str

    def billing_owner(self) -> Owner:
        """Return the owner this organization is to Accrue."""
        return Owner("organization", self.id)

    def billing_contact(self) -> BillingContact:
        """Return the name and address for the processor."""
        return BillingContact(name=self.name, email=self.email)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in."""

    id: str
    name: str
    organization: Organization


BIRCH = Organization("birch", "Birch Bindery", "accounts@birch.example")
HARBOR = Organization("harbor", "Harbor Lights", "office@harbor.example")
INES = Person("ines", "Ines Moreau", BIRCH)
JOON = Person("joon", "Joon Park", BIRCH)
SOFIA = Person("sofia", "Sofia Reyes", HARBOR)
PEOPLE = {person.id: person for person in (INES, JOON, SOFIA)}


class Sessions:
    """Which key belongs to whom, until the process ends."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}

    def begin(self, person: Person) -> str:
        """Sign somebody in and return a new key, so that a planted one is worth nothing."""
        key = secrets.token_urlsafe(32)
        self._people[key] = person
        return key

    def end(self, scope: Mapping[str, Any]) -> None:
        """Sign out."""
        self._people.pop(_key(scope), None)

    def person(self, scope: Mapping[str, Any]) -> Person | None:
        """Return who made this request, going by its cookie."""
        return self._people.get(_key(scope))


class SessionAuth:
    """Tells Accrue who is signed in: the auth adapter called ``sessions``."""

    name = "sessions"

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def identify(self, scope: Mapping[str, Any]) -> Identity | None:
        """Return the person of this session, who acts for their organization only."""
        person = self._sessions.person(scope)
        if person is None:
            return None
        return Identity(user_id=person.id, owners=(person.organization.billing_owner(),))


class PeoplePlugin:
    """Hands the auth adapter to Accrue."""

    plugin_name = "fieldnotes_people"

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
