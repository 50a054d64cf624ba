"""Scenarios: faults on order, one at a time or at random from the engine's seed.

Faults of the line (an answer that is lost, a request that never arrives) happen at the engine's
door, so they look the same in process and across a socket. Faults of cards happen where cards are
charged, faults of webhooks where webhooks are owed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

from accrue_core.errors import InvalidRequest
from accrue_fake.engine.books import Books
from accrue_fake.engine.records import Fault, FaultKind

_LINE: tuple[FaultKind, ...] = (
    "unreachable", "rate_limited", "misconfigured", "server_error", "lost_before", "lost_after",
)  # fmt: skip
_WEBHOOK: tuple[FaultKind, ...] = ("webhook_lost", "webhook_delayed", "webhook_duplicated")
RANDOM: frozenset[str] = frozenset({*_LINE, *_WEBHOOK, "declined"})


class Scenarios:
    """What shall go wrong next. ``subject`` narrows a fault, ``times`` repeats it."""

    def __init__(self, books: Books) -> None:
        self._books = books

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is ordered, so that asking a question changes nothing."""
        return not self._books.faults and not self._books.rates

    def decline_next_charge(self, *, customer: str | None = None, times: int = 1) -> None:
        """Decline the next charge, whatever the card: of anyone, or of one customer."""
        self._order("declined", customer, times)

    def fail_charge(self, card: str, nth: int = 1) -> None:
        """Decline the nth charge of a card from now on, and none of the others."""
        if nth < 1:
            raise InvalidRequest("charges are counted from 1")
        self._order("declined", card, times=1, after=nth - 1)

    def lose_next_answer(
        self, when: Literal["before", "after"], *, call: str | None = None, times: int = 1
    ) -> None:
        """Answer ``ProcessorUnavailable``: before the effect, or after it was done for good.

        ``call`` names what to strike, as ``subscriptions.create``.
        """
        if when not in ("before", "after"):
            raise InvalidRequest("an answer is lost before or after the effect")
        self._order("lost_before" if when == "before" else "lost_after", call, times)

    def fail_next_call(self, *, call: str | None = None, times: int = 1) -> None:
        """Answer as a processor's 500 does: ``ProcessorUnavailable``, here without effect."""
        self._order("server_error", call, times)

    def limit_next_call(
        self, *, retry_after: float = 1.0, call: str | None = None, times: int = 1
    ) -> None:
        """Answer ``RateLimited``: turned away unread."""
        self._order("rate_limited", call, times, seconds=retry_after)

    def cut_next_call(self, *, call: str | None = None, times: int = 1) -> None:
        """Answer ``ProcessorUnreachable``: the request never arrives."""
        self._order("unreachable", call, times)

    def slow_next_call(self, by: timedelta, *, call: str | None = None, times: int = 1) -> None:
        """Take so long over it, by the wall clock; meanwhile its idempotency key is in flight."""
        self._order("slow", call, times, seconds=by.total_seconds())

    def misconfigure_next_call(self, *, call: str | None = None, times: int = 1) -> None:
        """Answer ``ProcessorMisconfigured``, as with a revoked key."""
        self._order("misconfigured", call, times)

    def lose_next_webhook(self, *, type: str | None = None, times: int = 1) -> None:
        """Never send the webhook of the next event, or of the next one of a type."""
        self._order("webhook_lost", type, times)

    def delay_next_webhook(
        self,
        by: timedelta,
        *,
        type: str | None = None,
        times: int = 1,
    ) -> None:
        """Send it so much later, so that others overtake it."""
        self._order("webhook_delayed", type, times, seconds=by.total_seconds())

    def duplicate_next_webhook(self, *, type: str | None = None, times: int = 1) -> None:
        """Send it twice, under one event ref."""
        self._order("webhook_duplicated", type, times)

    def shuffle_webhooks(self, *, is_on: bool = True) -> None:
        """Hand out what is owed in an order of chance, until told otherwise."""
        self._books.is_shuffled = is_on

    def speak_unknown_status(self, ref: str, *, word: str = "hibernating", times: int = 1) -> None:
        """At the next fetch of this thing, name a status that nobody has ever heard of."""
        self._order("unreadable", ref, times, word=word)

    def hide(self, ref: str, *, times: int = 1) -> None:
        """At the next fetch of this thing, answer a bare 404."""
        self._order("missing", ref, times)

    def go_wrong_at_random(self, **rates: float) -> None:
        """Strike by chance: ``lost_after=0.05`` is one call in twenty. No rates: stop.

        Kinds: lost_before, lost_after, server_error, unreachable, rate_limited, misconfigured,
        declined, webhook_lost, webhook_delayed, webhook_duplicated. The same seed strikes at the
        same places.
        """
        if not set(rates) <= RANDOM or not all(0 <= rate <= 1 for rate in rates.values()):
            raise InvalidRequest(f"rates from 0 to 1 of: {', '.join(sorted(RANDOM))}")
        self._books.rates = {kind: rate for kind, rate in rates.items() if rate}

    def clear(self) -> None:
        """Forget every fault that was ordered."""
        self._books.faults.clear()
        self._books.rates = {}
        self._books.is_shuffled = False

    def declines(self, customer: str, card: str | None = None) -> bool:
        """Whether this charge is struck."""
        return self._strike(("declined",), customer, card) is not None

    def held(self, call: str) -> float:
        """Return for how many seconds this call is held up."""
        fault = self._strike(("slow",), call)
        return 0.0 if fault is None else fault.seconds

    def strikes_call(self, call: str) -> Fault | None:
        """Return what befalls this call, if anything."""
        return self._strike(_LINE, call)

    def strikes_webhook(self, type_: str) -> Fault | None:
        """Return what befalls the webhook of this event, if anything."""
        return self._strike(_WEBHOOK, type_)

    def strikes_fetch(self, ref: str) -> Fault | None:
        """Return what is answered instead of this thing, if anything."""
        return self._strike(("unreadable", "missing"), ref)

    def _order(
        self,
        kind: FaultKind,
        subject: str | None,
        times: int,
        *,
        word: str = "",
        seconds: float = 0.0,
        after: int = 0,
    ) -> None:
        if kind not in get_args(FaultKind) or times < 1:
            raise InvalidRequest("a fault is ordered at least once")
        fault = Fault(
            kind=kind, subject=subject, times=times, word=word, seconds=seconds, after=after
        )
        self._books.faults.append(fault)

    def _strike(self, kinds: tuple[FaultKind, ...], *subjects: str | None) -> Fault | None:
        books = self._books
        if not books.faults and not books.rates:
            return None
        for fault in books.faults:
            if fault.kind not in kinds or fault.subject not in (None, *subjects):
                continue
            if fault.after:
                fault.after -= 1
                continue
            fault.times -= 1
            if fault.times == 0:
                books.faults = [one for one in books.faults if one is not fault]
            return fault
        for kind in kinds:
            if kind in books.rates and books.chance() < books.rates[kind]:
                return Fault(kind=kind, seconds=60.0)
        return None
