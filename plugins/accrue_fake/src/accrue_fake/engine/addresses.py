"""Addresses: where the engine's pages are, and the part of each that nobody can guess."""

from __future__ import annotations

import hmac
from collections.abc import Container
from typing import Literal
from urllib.parse import urlsplit

from accrue_core.errors import InvalidRequest, ProcessorRejected, RemoteMissing
from accrue_core.settings import Secret
from accrue_fake.engine.books import Books

NOWHERE = "https://fake.invalid"
"""Where the pages are until somebody says. The name is reserved never to exist (RFC 2606)."""

Kind = Literal["checkout", "portal", "invoices", "authenticate"]
_WORDS: dict[Kind, str] = {
    "checkout": "checkout",
    "portal": "portal",
    "invoices": "page",
    "authenticate": "secret",
}


class Addresses:
    """Makes the addresses of pages, and finds what is behind one.

    A token is a ref, and a proof of it that is derived from the seed and never stored: whatever
    there is, it is found at once. A payment's is what Stripe calls its client secret. The place is
    no part of the books, so that a copy of them can be served elsewhere.
    """

    def __init__(self, books: Books, place: str) -> None:
        self._books = books
        self.move(place)

    def move(self, place: str) -> None:
        """Have the pages somewhere else from now on."""
        if not is_web_address(place):
            raise InvalidRequest("the pages are at an address that begins with http:// or https://")
        self._place = place.rstrip("/")

    def token(self, kind: Kind, ref: str) -> str:
        """Return the unguessable part of the address of a thing's page."""
        joint = "_secret_" if kind == "authenticate" else "_"
        return f"{ref}{joint}{self._books.token(_WORDS[kind], ref)}"

    def of(self, kind: Kind, ref: str) -> Secret:
        """Return the address of a thing's page: whoever has it may act for the customer."""
        return Secret(f"{self._place}/{kind}/{self.token(kind, ref)}")

    def behind(self, kind: Kind, token: str, refs: Container[str], *, noun: str) -> str:
        """Return which of the refs has this token, or ``RemoteMissing``, which does not repeat it.

        How long it takes tells nothing about a token that is nearly right.
        """
        ref = token.rpartition("_")[0]
        if kind == "authenticate":
            ref = ref.removesuffix("_secret")
        given = token.encode(errors="replace")
        if ref not in refs or not hmac.compare_digest(self.token(kind, ref).encode(), given):
            raise RemoteMissing(noun=noun, ref="at this address")
        return ref


def is_web_address(url: str) -> bool:
    """Whether a browser can be sent there, and to nothing else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_clean = url.isprintable() and not any(letter.isspace() for letter in url)
    return is_clean and parts.scheme in ("http", "https") and bool(parts.hostname)


def require_web_address(url: str, *, param: str) -> None:
    """Refuse what a browser cannot be sent back to, as a processor refuses it."""
    if not is_web_address(url):
        raise ProcessorRejected("not an address that a browser can be sent to", param=param)
