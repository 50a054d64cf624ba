"""What can go wrong between us and the stand-in account, and what it remembers."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.stripe.stand_in import Reply, problem

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the next request that changes something, or to the next one to ``to``.

    ``answer`` is sent or raised instead of the real one; ``is_done`` says that the request is
    carried out nevertheless, ``is_kept`` that Stripe remembers this answer under the key. It
    takes ``pause`` seconds, after the deed if it is done. ``to`` is a method and how a path
    begins, as in ``POST /v1/customers``.
    """

    answer: Reply | Exception | None = None
    is_done: bool = False
    is_kept: bool = False
    pause: float = 0.0
    to: str | None = None

    def strikes(self, method: str, path: str) -> bool:
        """Whether this is the request that it is for."""
        return method != "GET" if self.to is None else f"{method} {path}".startswith(self.to)


@dataclass(slots=True)
class _Kept:
    asked: tuple[str, str, str]
    at: int
    reply: Reply


@dataclass(slots=True)
class Memory:
    """Idempotency keys: of POSTs only, for a day, the first answer whatever it was."""

    kept: dict[str, _Kept] = field(default_factory=dict)
    in_flight: set[str] = field(default_factory=set)

    def known(self, key: str, asked: tuple[str, str, str], now: int) -> Reply | None:
        """Return the answer to a key that was used before, if it was."""
        if key in self.in_flight:
            return problem(409, "idempotency_error", code="idempotency_key_in_use")
        known = self.kept.get(key)
        if known is None or known.at + DAY <= now:
            return None
        if known.asked != asked:
            return problem(400, "idempotency_error")
        return Reply(known.reply.status, known.reply.body, {"idempotent-replayed": "true"})

    def keep(self, key: str, asked: tuple[str, str, str], now: int, reply: Reply) -> None:
        """Remember the answer to a key."""
        self.kept.setdefault(key, _Kept(asked, now, reply))
