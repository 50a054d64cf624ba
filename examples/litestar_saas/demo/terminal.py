"""What the demonstration says in the terminal: one moving line where somebody watches."""

from __future__ import annotations

import io
import os
import sys

_CODES = {"good": "32", "faint": "2", "strong": "1"}
_WIDTH = 34
_QUARTERS = (25, 50, 75, 100)


class Terminal:
    """Plain lines into a file or a pipe; a moving line and some color for a person."""

    def __init__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            # Where a terminal has no such letter, it shows another instead of ending the demo.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        self._is_watched = sys.stdout.isatty()
        self._has_color = self._is_watched and "NO_COLOR" not in os.environ
        self._shown = 0

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

    def show(self, percent: int, text: str) -> None:
        """Move the line of progress; without a terminal, print it at each quarter."""
        if self._is_watched:
            done = percent * _WIDTH // 100
            bar = self.paint("━" * done, "good") + self.paint("┄" * (_WIDTH - done), "faint")
            print(f"\r\x1b[K  {bar} {percent:3d} %  {text}", end="", flush=True)
            return
        for quarter in _QUARTERS:
            if self._shown < quarter <= percent:
                self._shown = quarter
                print(f"  {quarter:3d} %  {text}", flush=True)

    def _clear(self) -> None:
        if self._is_watched:
            print("\r\x1b[K", end="")
