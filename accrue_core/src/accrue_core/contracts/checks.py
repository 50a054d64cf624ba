"""Checks: what ``accrue doctor`` asks of plugins, and how they answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

Outcome = Literal["ok", "warning", "failure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: what was found, why it matters, and exactly what to do about it.

    It is printed and may end in a ticket: no secret, no key, no personal value.
    """

    check: str
    outcome: Outcome = "ok"
    finding: str
    why: str = ""
    fix: str = ""

    def __str__(self) -> str:
        parts = (self.finding, self.why, f"fix: {self.fix}" if self.fix else "")
        return "; ".join(part for part in parts if part)


def failed(check: str, finding: str, *, why: str = "", fix: str) -> Finding:
    """Return a finding that has to be mended."""
    return Finding(check=check, outcome="failure", finding=finding, why=why, fix=fix)


def warned(check: str, finding: str, *, why: str, fix: str) -> Finding:
    """Return a finding that may be what was wanted."""
    return Finding(check=check, outcome="warning", finding=finding, why=why, fix=fix)


class Check(Protocol):
    """Looks at what a plugin was set up with; changes nothing, here or anywhere else."""

    @property
    def name(self) -> str:
        """Unique among checks, and short: it begins the lines of its findings."""
        ...

    def offline(self) -> Iterable[Finding]:
        """Return what can be seen without asking anybody."""
        ...

    async def online(self) -> Iterable[Finding]:
        """Return what asking shows; only ``accrue doctor --online`` asks.

        What it raises becomes a finding of its own.
        """
        ...
