"""The emitter: the webhooks the engine owes.

An event is owed from the moment it happens until somebody says it was delivered. What was handed
out and never reported on stays handed out until ``recall``, as a courier who does not come back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from heapq import heappop, heappush

from accrue_core.settings import Secret
from accrue_fake.engine import signing
from accrue_fake.engine.books import Books
from accrue_fake.engine.records import EventRecord, Owed, OwedWebhook
from accrue_fake.engine.scenarios import Scenarios

BACK_OFF = tuple(
    timedelta(minutes=minutes) for minutes in (5, 30, 120, 300, 600, 720, 720, 720, 720)
)
"""How long after each failure it is tried again: about three days in all, as Stripe documents."""

LISTED = 5_000
"""How many events can be read again at least, whoever was told of them."""

Listener = Callable[[str, str, str], None]
"""Called with an event's type, and the kind and ref of the thing that it is about."""


class Emitter:
    """Owes, signs and hands out webhooks. It posts nothing: it does no I/O."""

    def __init__(self, books: Books, scenarios: Scenarios, secret: Secret) -> None:
        self._books = books
        self._scenarios = scenarios
        self.secret = secret
        self._listeners: list[Listener] = []
        self._newest: str | None = None
        self._held: dict[tuple[str, str, str], None] | None = None

    @property
    def newest(self) -> str | None:
        """The ref of the newest event, or of the one that a listener is being told of."""
        return self._newest

    def listen(self, listener: Listener) -> None:
        """Tell a listener of every event from now on, at the very moment it happens.

        Also of one whose webhook a scenario loses: it has happened all the same. Listeners are
        told in the order in which they came, once the webhook is owed, and are not written down
        with the books. One may emit events of its own, which come after this one. What it raises
        goes to whoever asked for the change, which is made by then.
        """
        self._listeners.append(listener)

    @contextmanager
    def as_one(self) -> Iterator[None]:
        """Tell only at the end what happens meanwhile, and of each thing only once of a type.

        For several changes that are one to whoever asked: everybody is told once, of the outcome.
        """
        if self._held is not None:
            yield
            return
        self._held = {}
        try:
            yield
        finally:
            held, self._held = self._held, None
            for type_, object_, ref in held:
                self.emit(type_, object_, ref)

    def sign_with(self, secret: Secret) -> None:
        """Sign with another secret from now on."""
        self.secret = secret

    def emit(self, type_: str, object_: str, ref: str) -> None:
        """Owe one event about one thing."""
        if self._held is not None:
            self._held.setdefault((type_, object_, ref))
            return
        event = self._happened(type_, object_, ref)
        self._newest = event.ref
        for listener in self._listeners:
            self._newest = event.ref
            listener(type_, object_, ref)

    def _happened(self, type_: str, object_: str, ref: str) -> EventRecord:
        books = self._books
        event = EventRecord(
            ref=books.new_ref("evt"),
            type=type_,
            object=object_,
            object_ref=ref,
            created_at=books.now,
        )
        books.history.append(event)
        if len(books.history) >= 2 * LISTED:
            del books.history[:-LISTED]
        fault = None if self._scenarios.is_quiet else self._scenarios.strikes_webhook(type_)
        kind = None if fault is None else fault.kind
        if kind == "webhook_lost":
            return event
        books.events[event.ref] = event
        delay = timedelta(seconds=fault.seconds if fault and kind == "webhook_delayed" else 0)
        copies = books.copies[event.ref] = 2 if kind == "webhook_duplicated" else 1
        for _ in range(copies):
            self._owe(event.ref, due=books.engine_time + delay)
        return event

    def take(self, now: datetime | None = None, *, limit: int | None = None) -> list[OwedWebhook]:
        """Hand out what is due, oldest first, signed at this moment.

        A delayed webhook is signed when it is sent, as Stripe signs each attempt anew. ``now``
        is for receivers whose clock is not the engine's.
        """
        moment = self._books.now if now is None else now
        taken: list[Owed] = []
        while self._is_due(moment) and (limit is None or len(taken) < limit):
            taken.append(heappop(self._books.owed))
        if self._books.is_shuffled:
            taken.sort(key=lambda _: self._books.chance())
        for owed in taken:
            self._books.sent.setdefault(owed.event, []).append(owed)
        return [self._signed(owed, moment) for owed in taken]

    def delivered(self, event_ref: str) -> None:
        """Report that one delivery of this event was accepted."""
        if self._came_back(event_ref) is not None:
            self._settle_one(event_ref)

    def failed(self, event_ref: str) -> None:
        """Report that one delivery failed: it is owed again after a while, or given up at last."""
        owed = self._came_back(event_ref)
        if owed is None:
            return
        if owed.attempt > len(BACK_OFF):
            self._books.given_up.append(event_ref)
            self._settle_one(event_ref)
            return
        due = self._books.now + BACK_OFF[owed.attempt - 1]
        self._owe(event_ref, due=due, attempt=owed.attempt + 1)

    def recall(self) -> int:
        """Owe again at once what was handed out and never reported on; return how many."""
        lost = [owed for deliveries in self._books.sent.values() for owed in deliveries]
        self._books.sent.clear()
        for owed in lost:
            heappush(self._books.owed, owed)
        return len(lost)

    def pending(self) -> tuple[EventRecord, ...]:
        """Return the events not yet delivered, in the order they happened. Changes nothing."""
        return tuple(self._books.events.values())

    def since(self, moment: datetime) -> tuple[bytes, ...]:
        """Return what has happened since then, the oldest first, as it would be posted."""
        return tuple(_body(event) for event in self._books.history if event.created_at >= moment)

    def _is_due(self, moment: datetime) -> bool:
        return bool(self._books.owed) and self._books.owed[0].due <= moment

    def _came_back(self, event_ref: str) -> Owed | None:
        deliveries = self._books.sent.get(event_ref)
        if not deliveries:
            return None
        owed = deliveries.pop(0)
        if not deliveries:
            del self._books.sent[event_ref]
        return owed

    def _settle_one(self, event_ref: str) -> None:
        self._books.copies[event_ref] -= 1
        if self._books.copies[event_ref] == 0:
            del self._books.copies[event_ref], self._books.events[event_ref]

    def _owe(self, event_ref: str, *, due: datetime, attempt: int = 1) -> None:
        number = self._books.count("owed")
        heappush(self._books.owed, Owed(due, number, event_ref, attempt))

    def _signed(self, owed: Owed, now: datetime) -> OwedWebhook:
        event = self._books.events[owed.event]
        body = _body(event)
        signature = signing.sign(body, secret=self.secret, now=now)
        headers = {"content-type": "application/json", signing.HEADER: signature}
        return OwedWebhook(body=body, headers=headers, event_ref=event.ref, attempt=owed.attempt)


def _body(event: EventRecord) -> bytes:
    document = {
        "id": event.ref,
        "type": event.type,
        "created": int(event.created_at.timestamp()),
        "livemode": False,
        "data": {"object": {"object": event.object, "id": event.object_ref}},
    }
    return json.dumps(document, separators=(",", ":")).encode()
