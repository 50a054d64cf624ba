"""Idempotency keys: asking twice is asking once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from accrue_core.contracts.portal import PortalSession
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_fake.engine import codec
from accrue_fake.engine.books import Books, Outcome, Remembered
from accrue_fake.engine.records import Refusal

LIFETIME = timedelta(hours=24)
_ENCODER = msgspec.json.Encoder(enc_hook=codec.plain, order="deterministic")

Asked = TypeVar("Asked")
Said = TypeVar("Said", Answer, PortalSession)


class Memory:
    """Remembers the answer to every key for 24 hours of the engine's time.

    As Stripe documents it: the first outcome is kept whether it was a success or a refusal, the
    same key with other parameters is an error, and a key may be forgotten once it is a day old.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def once(self, request: Asked, key: Key, deed: Callable[[Asked, Key], Said]) -> Said:
        """Do the deed unless this key has been seen; then repeat what was said, word for word."""
        self._forget()
        fingerprint = _fingerprint(request)
        known = self._books.remembered.get(key.idempotency_key)
        if known is not None:
            repeated: Said = _repeated(known, fingerprint)
            return repeated
        try:
            said = deed(request, key)
        except (CardDeclined, ProcessorRejected) as refused:
            self._keep(key, fingerprint, codec.refusal_of(refused))
            raise
        self._keep(key, fingerprint, said)
        return said

    def _keep(self, key: Key, fingerprint: str, outcome: Outcome) -> None:
        kept = Remembered(fingerprint, self._books.engine_time, outcome)
        self._books.remembered[key.idempotency_key] = kept

    def _forget(self) -> None:
        """Drop what is too old. Keys are kept in the order of their times: stop at the first."""
        oldest = self._books.engine_time - LIFETIME
        stale = []
        for name, known in self._books.remembered.items():
            if known.at > oldest:
                break
            stale.append(name)
        for name in stale:
            del self._books.remembered[name]


def _repeated(known: Remembered, fingerprint: str) -> Any:
    if known.fingerprint != fingerprint:
        raise ProcessorRejected(
            "this idempotency key was used for a different request", reason="idempotency_mismatch"
        )
    if isinstance(known.outcome, Refusal):
        raise codec.error_of(known.outcome)
    return known.outcome


def _fingerprint(request: object) -> str:
    written = _ENCODER.encode((type(request).__name__, request))
    return hashlib.blake2b(written, digest_size=16).hexdigest()
