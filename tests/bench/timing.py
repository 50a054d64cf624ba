"""Measure in rounds, and compare the best of one with the best of the other."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long as its floor something takes."""

    name: str
    ours: float
    floor: float

    @property
    def times(self) -> float:
        """Ours divided by the floor."""
        return self.ours / self.floor

    def __str__(self) -> str:
        us, floor = self.ours * 1e6, self.floor * 1e6
        return f"{self.name:<28} {us:>9.0f} us {floor:>9.0f} us {self.times:>7.1f} x"


async def compare(
    name: str,
    ours: Callable[[], Awaitable[object]],
    floor: Callable[[], Awaitable[object]],
    *,
    rounds: int = 5,
    repeat: int = 100,
) -> Ratio:
    """Take turns, so that a busy neighbour troubles both; count the best round of each."""
    best = {"ours": float("inf"), "floor": float("inf")}
    for _ in range(rounds):
        for side, call in (("ours", ours), ("floor", floor)):
            started = time.perf_counter()
            for _ in range(repeat):
                await call()
            best[side] = min(best[side], (time.perf_counter() - started) / repeat)
    return Ratio(name, best["ours"], best["floor"])
