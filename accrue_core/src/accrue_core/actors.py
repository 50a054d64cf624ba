"""Who did it: recorded beside every operation and ledger entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from accrue_core.errors import InvalidRequest

ActorKind = Literal["user", "operator", "webhook", "job", "system"]
_KINDS = frozenset({"user", "operator", "webhook", "job", "system"})


@dataclass(frozen=True, slots=True)
class Actor:
    """A kind and the host's own id for it, never a name or an address.

    >>> str(Actor("operator", "17"))
    'operator:17'
    """

    kind: ActorKind
    id: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in _KINDS:
            raise InvalidRequest(f"an actor is one of {', '.join(sorted(_KINDS))}")
        if not isinstance(self.id, str) or len(self.id) > 200 or "@" in self.id:
            raise InvalidRequest("an actor's id is the host's key for it, not an address")

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


SYSTEM = Actor("system")
