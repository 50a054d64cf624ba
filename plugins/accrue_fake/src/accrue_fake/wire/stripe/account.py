"""The account: what Stripe keeps beside the billing itself, and the engine has no place for.

Endpoints and their webhooks, events as they were told, products, test clocks, remembered answers,
and those keys of an object that bill nothing, such as a customer's telephone number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from accrue_core.errors import ConfigurationError
from accrue_fake.wire.stripe.folding import folded, unfolded
from accrue_fake.wire.stripe.shapes.facts import (
    ACCOUNT,
    ProductFacts,
    SetupIntentFacts,
    TestClockFacts,
    WebhookEndpointFacts,
)

FORMAT = 2
MOST_EVENTS = 5_000
MOST_ATTEMPTS = 1_000
MOST_REQUESTS = 500
MOST_DELIVERIES = 10_000
"""How much history is kept. What is older is forgotten, so that a long run stays small."""

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Happened:
    """An event, with the object as it was when it happened, as JSON: that is its smallest form."""

    ref: str
    type: str
    created_at: datetime
    object: str = field(repr=False)
    object_ref: str = ""
    previous: Json | None = field(default=None, repr=False)
    request: str | None = None
    key: str | None = None


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One webhook that is still to be posted, at the earliest ``due`` by the engine's clock."""

    number: int
    event: str
    endpoint: str
    due: datetime
    attempt: int = 1


@dataclass(slots=True, kw_only=True)
class Attempt:
    """What came of posting a webhook once: a status, or a word for why there is none."""

    event: str
    type: str
    endpoint: str
    at: datetime
    attempt: int
    status: int | None = None
    trouble: str | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether the endpoint said that it has it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True, kw_only=True)
class Kept:
    """The answer to an idempotency key."""

    fingerprint: str
    at: datetime
    status: int
    body: str = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request, for the log: never what it said."""

    ref: str
    at: datetime
    method: str
    path: str
    status: int


@dataclass(slots=True, kw_only=True)
class Account:
    """All of it, in one value that can be written down beside the engine's books.

    ``noted`` is the last line of a journal that is in it, ``pages`` where its links lead. ``told``
    is how each thing was last told, folded along the ``patterns`` of its kind.
    """

    format: int = FORMAT
    ref: str = ACCOUNT.ref
    noted: int = 0
    pages: str | None = None
    facts: dict[str, Json] = field(default_factory=dict)
    products: dict[str, ProductFacts] = field(default_factory=dict)
    endpoints: dict[str, WebhookEndpointFacts] = field(default_factory=dict)
    clocks: dict[str, TestClockFacts] = field(default_factory=dict)
    setup_intents: dict[str, SetupIntentFacts] = field(default_factory=dict)
    portals: dict[str, Json] = field(default_factory=dict)
    events: dict[str, Happened] = field(default_factory=dict)
    told: dict[str, bytes] = field(default_factory=dict, repr=False)
    patterns: dict[str, str] = field(default_factory=dict, repr=False)
    deliveries: list[Delivery] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)
    kept: dict[str, Kept] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, series: str) -> int:
        """Return the next whole number of a series, from 1."""
        number = self.numbers[series] = self.numbers.get(series, 0) + 1
        return number

    def new_ref(self, prefix: str) -> str:
        """Return a ref that nothing has, such as ``we_fake_00001``."""
        return f"{prefix}_fake_{self.number(prefix):05d}"

    def say(self, ref: str, facts: Json) -> None:
        """Keep what an object shows that bills nothing."""
        if facts:
            self.facts.setdefault(ref, {}).update(facts)

    def tell(self, kind: str, ref: str, written: str) -> None:
        """Keep how a thing was last told, as JSON."""
        pattern = self.patterns.setdefault(kind, written)
        self.told[ref] = folded(written, pattern)

    def last_told(self, kind: str, ref: str) -> str | None:
        """Return how a thing was last told, if it ever was."""
        data = self.told.get(ref)
        return None if data is None else unfolded(data, self.patterns[kind])

    def note_event(self, event: Happened) -> None:
        """Keep an event, and forget the oldest where there are too many."""
        self.events[event.ref] = event
        while len(self.events) > MOST_EVENTS:
            del self.events[next(iter(self.events))]

    def note_attempt(self, attempt: Attempt) -> None:
        """Keep what came of a webhook."""
        self.attempts.append(attempt)
        del self.attempts[:-MOST_ATTEMPTS]

    def note_request(self, asked: Asked) -> None:
        """Keep that something was asked."""
        self.requests.append(asked)
        del self.requests[:-MOST_REQUESTS]

    def owe(self, event: str, endpoint: str, *, due: datetime, attempt: int = 1) -> Delivery:
        """Owe a webhook; where far too many are owed, the oldest is given up."""
        number = self.number("delivery")
        owed = Delivery(number=number, event=event, endpoint=endpoint, due=due, attempt=attempt)
        self.deliveries.append(owed)
        if len(self.deliveries) > MOST_DELIVERIES:
            del self.deliveries[0]
        return owed

    def settle(self, number: int) -> None:
        """Owe a webhook no longer."""
        for place, owed in enumerate(self.deliveries):
            if owed.number == number:
                del self.deliveries[place]
                return

    def dump(self) -> bytes:
        """Write everything down."""
        return msgspec.json.encode(self)

    @classmethod
    def load(cls, data: bytes) -> Account:
        """Read an account back, or ``ConfigurationError`` when another version wrote it."""
        try:
            account = msgspec.json.decode(data, type=cls)
        except msgspec.MsgspecError:
            raise ConfigurationError("this is not an account of the Fake's Stripe server") from None
        if account.format != FORMAT:
            raise ConfigurationError("another version wrote this account: delete the file")
        return account
