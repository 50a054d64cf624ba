"""Idempotency keys, as Stripe honors them over HTTP: the first answer is repeated, byte by byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from accrue_fake.wire.stripe.account import Account, Kept
from accrue_fake.wire.stripe.problems import Refused

LIFETIME = timedelta(hours=24)
LONGEST_KEY = 255
MOST = 5_000
"""How many answers are kept: an engine whose time stands still would keep them for ever."""

_TYPE = "idempotency_error"


class Remembering:
    """Keeps answers to POSTs for a day of the engine's time, whether they were good or bad.

    What was turned away before anything was done is not kept: the same key may ask again.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._in_flight: set[str] = set()

    def known(self, key: str, fingerprint: str, now: datetime) -> Kept | None:
        """Return the answer to a key, if it was used; refuse one that means something else."""
        if len(key) > LONGEST_KEY:
            raise Refused(400, f"Idempotency keys have at most {LONGEST_KEY} characters.")
        if key in self._in_flight:
            raise Refused(
                409,
                "Another request with this idempotency key is in progress.",
                type_=_TYPE,
                code="idempotency_key_in_use",
            )
        self._forget(now)
        kept = self._account.kept.get(key)
        if kept is not None and kept.fingerprint != fingerprint:
            raise Refused(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were "
                "first used with.",
                type_=_TYPE,
            )
        return kept

    def begin(self, key: str) -> None:
        """Say that a key is being answered."""
        self._in_flight.add(key)

    def end(self, key: str) -> None:
        """Say that it no longer is."""
        self._in_flight.discard(key)

    def keep(self, key: str, fingerprint: str, now: datetime, status: int, body: bytes) -> None:
        """Remember an answer."""
        kept = Kept(fingerprint=fingerprint, at=now, status=status, body=body.decode())
        self._account.kept[key] = kept

    def _forget(self, now: datetime) -> None:
        """Drop what is too old or too much; keys are kept in the order of their times."""
        kept, oldest = self._account.kept, now - LIFETIME
        while kept:
            first = next(iter(kept))
            if kept[first].at > oldest and len(kept) < MOST:
                return
            del kept[first]


def fingerprint_of(method: str, path: str, values: Mapping[str, Any]) -> str:
    """Return what tells one request from another."""
    written = json.dumps([method, path, values], sort_keys=True).encode()
    return hashlib.blake2b(written, digest_size=16).hexdigest()
