"""Faults of the line, as the engine's scenarios order them, acted out over HTTP."""

from __future__ import annotations

from accrue_fake.engine.engine import Engine
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.problems import Refused, failure, missing


class CutOff(ConnectionResetError):
    """The connection breaks before an answer: whoever serves the application breaks it."""


class Faults:
    """Asks the scenarios what befalls a request."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

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
        """Return what is said of a thing that was retrieved: perhaps nothing, or nonsense."""
        if ref is None or not call.endswith(".fetch") or self._engine.scenarios.is_quiet:
            return shown
        fault = self._engine.scenarios.strikes_fetch(ref)
        if fault is None:
            return shown
        if fault.kind == "missing":
            raise missing(str(shown.get("object")), ref)
        return {**shown, "status": fault.word}
