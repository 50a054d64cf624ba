"""What the demonstration says in the terminal: colors and a moving line where there is one."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from datetime import datetime

from accrue_core.contracts.handlers import LedgerEntryView
from examples.litestar_saas.story import Gate

_CODES = {"open": "32", "closed": "31", "faint": "2", "strong": "1"}
_PAUSE = 0.3


class Terminal:
    """Plain lines into a file or a pipe; a person gets time to read them, and some color."""

    def __init__(self) -> None:
        self._is_watched = sys.stdout.isatty()
        self._has_color = self._is_watched and "NO_COLOR" not in os.environ

    def say(self, text: str = "") -> None:
        """Print one line, at once."""
        self._clear()
        print(text, flush=True)

    def complain(self, text: str) -> None:
        """Print one line to where errors go."""
        self._clear()
        print(text, file=sys.stderr, flush=True)

    def paint(self, text: str, style: str) -> str:
        """Return the text in a style, where styles can be shown."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._has_color else text

    async def see_day(self, day: datetime) -> None:
        """Move the line of days."""
        if self._is_watched:
            done = day.timetuple().tm_yday * 36 // 366
            bar = "━" * done + "┄" * (36 - done)
            print(f"\r  {day:%Y-%m-%d}  {bar}", end="", flush=True)

    async def see_step(
        self, day: datetime, what: str, status: str, gate: Gate, news: list[LedgerEntryView]
    ) -> None:
        """Print the step, how things stand, and what the ledger gained."""
        standing = f"{status:<9}  reports {self.paint(gate, gate)}"
        self.say(f"  {day:%Y-%m-%d}  {what:<53}  {standing}")
        for line in _folded(news):
            self.say(self.paint(f"              + {line}", "faint"))
        if self._is_watched:
            await asyncio.sleep(_PAUSE)

    def _clear(self) -> None:
        if self._is_watched:
            print("\r\x1b[K", end="")


def _folded(news: list[LedgerEntryView]) -> list[str]:
    """Return the entries' types in order, a few to a line, repeats counted."""
    counted = Counter(entry.type for entry in news)
    words = [type_ if times == 1 else f"{type_} ×{times}" for type_, times in counted.items()]
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(word) < 84:
            lines[-1] += f", {word}"
        else:
            lines.append(word)
    return lines
