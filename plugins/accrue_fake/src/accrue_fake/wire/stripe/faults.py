"""Faults of the line, acted out over HTTP: those of the engine's scenarios, and those of answers.

An engine has no bodies that stop half-way, and no memory of its own failures. Faults of that kind
are ordered here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from accrue_core.errors import InvalidRequest
from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.problems import Refused, failure, missing

MishapKind = Literal["failed", "intercepted", "broken", "stalled"]

ORDERS = frozenset(
    {
        "fail_next_answer", "intercept_next_answer", "break_next_body", "stall_next_body",
        "clear_answers",
    }
)  # fmt: skip
"""What may be ordered by name, from another process."""

_LONGEST_STALL = 600.0


class CutOff(ConnectionResetError):
    """The connection breaks before an answer: whoever serves the application breaks it."""


@dataclass(slots=True, kw_only=True)
class Mishap:
    """One fault of an answer: what happens, at which call if not at any, and how often still."""

    kind: MishapKind
    call: str | None
    times: int
    seconds: float = 0.0


class Faults:
    """Asks the scenarios what befalls a request, and keeps what shall befall answers.

    Every fault of an answer strikes after the deed is done for good. ``call`` names a route, as
    in ``subscriptions.create``; without it the next answer is struck, whichever it is.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mishaps: list[Mishap] = []

    def fail_next_answer(self, *, call: str | None = None, times: int = 1) -> None:
        """Answer 500, and again to everybody who asks under the same key: Stripe keeps those."""
        self._order("failed", call, times)

    def intercept_next_answer(self, *, call: str | None = None, times: int = 1) -> None:
        """Let something between answer 502 in HTML. The true answer is remembered for the key."""
        self._order("intercepted", call, times)

    def break_next_body(self, *, call: str | None = None, times: int = 1) -> None:
        """Send status, headers and half of the body, and break the connection."""
        self._order("broken", call, times)

    def stall_next_body(self, *, seconds: float, call: str | None = None, times: int = 1) -> None:
        """Send status and headers at once, and let the body dribble for so many seconds."""
        if not 0 <= seconds <= _LONGEST_STALL:
            raise InvalidRequest(f"a body takes from 0 to {_LONGEST_STALL:g} seconds")
        self._order("stalled", call, times, seconds=seconds)

    def clear_answers(self) -> None:
        """Forget what was ordered here; what the scenarios have ordered stays."""
        self._mishaps.clear()

    def order(self, method: str, arguments: Mapping[str, Any]) -> None:
        """Order by name, or ``InvalidRequest`` where there is no such fault."""
        if method not in ORDERS:
            raise InvalidRequest(f"there is no faults.{method}")
        try:
            getattr(self, method)(**arguments)
        except TypeError:
            raise InvalidRequest(f"faults.{method} was ordered wrongly") from None

    def held(self, call: str) -> float:
        """Return for how many seconds a call is held up; meanwhile its key is in flight."""
        scenarios = self._engine.scenarios
        return 0.0 if scenarios.is_quiet else scenarios.held(call)

    def before(self, call: str) -> bool:
        """Raise what befalls a call before it is done; return whether its answer is lost."""
        fault = (
            None if self._engine.scenarios.is_quiet else self._engine.scenarios.strikes_call(call)
        )
        if fault is None:
            return False
        match fault.kind:
            case "lost_after":
                return True
            case "rate_limited":
                raise Refused(
                    429,
                    "Too many requests: the Fake was told to ask for patience.",
                    code="rate_limit",
                    headers={"retry-after": f"{fault.seconds:g}", "stripe-should-retry": "true"},
                )
            case "misconfigured":
                raise Refused(401, "Invalid API Key provided: the Fake was told to refuse it.")
            case "server_error":
                raise failure()
        raise CutOff("the connection was reset before the request was read")

    def after(self, call: str, ref: str | None, shown: Json) -> Json:
        """Return what is said of what was done; of what was retrieved perhaps nothing, or nonsense.

        A failure that is raised here is remembered as the answer.
        """
        if self._mishaps and self._strike(call, "failed") is not None:
            raise failure()
        if ref is None or not call.endswith(".fetch") or self._engine.scenarios.is_quiet:
            return shown
        fault = self._engine.scenarios.strikes_fetch(ref)
        if fault is None:
            return shown
        if fault.kind == "missing":
            raise missing(str(shown.get("object")), ref)
        return {**shown, "status": fault.word}

    def on_the_way(self, call: str | None) -> Mishap | None:
        """Return what befalls an answer between the server and its client, if anything."""
        if not self._mishaps or call is None:
            return None
        return self._strike(call, "intercepted", "broken", "stalled")

    def _order(
        self, kind: MishapKind, call: str | None, times: int, *, seconds: float = 0.0
    ) -> None:
        if times < 1:
            raise InvalidRequest("a fault is ordered at least once")
        self._mishaps.append(Mishap(kind=kind, call=call, times=times, seconds=seconds))

    def _strike(self, call: str, *kinds: MishapKind) -> Mishap | None:
        for mishap in self._mishaps:
            if mishap.kind in kinds and mishap.call in (None, call):
                mishap.times -= 1
                if mishap.times == 0:
                    self._mishaps.remove(mishap)
                return mishap
        return None
