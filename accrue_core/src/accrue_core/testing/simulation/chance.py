"""Chance that repeats itself: the same seed and the same words give the same numbers everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """One series of numbers. Series of different names do not disturb each other."""

    def __init__(self, seed: int, name: str) -> None:
        self._name = f"{seed}/{name}"
        self._drawn = 0

    def number(self) -> float:
        """Return the next number from 0 up to 1."""
        self._drawn += 1
        digest = hashlib.blake2b(f"{self._name}/{self._drawn}".encode(), digest_size=6).digest()
        return int.from_bytes(digest) / 256**6

    def happens(self, rate: float) -> bool:
        """Say whether something happens that does so at this rate."""
        return self.number() < rate

    def below(self, limit: int) -> int:
        """Return a whole number from 0 up to a limit."""
        return int(self.number() * limit)

    def one_of(self, things: Sequence[T]) -> T:
        """Return one of some things."""
        return things[self.below(len(things))]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """Return things in an order of chance."""
        return sorted(things, key=lambda _: self.number())
