"""What a simulation is given: the processor's side, what there is to buy, and how bad the line is.

Core knows no plugin. An engine that keeps books, has a clock of its own and owes webhooks fits
these protocols as it is; the fake processor's does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from accrue_core.billing.catalog import Price
from accrue_core.clock import Clock
from accrue_core.errors import InvalidRequest


class Record(Protocol):
    """What an engine keeps about a thing; ``snapshot`` is what it would answer now."""

    @property
    def snapshot(self) -> Any:
        """The thing as it is: frozen, and another object once it has changed."""
        ...


class Books(Protocol):
    """Everything an engine knows, by ref."""

    @property
    def customers(self) -> Mapping[str, Record]:
        """All customers."""
        ...

    @property
    def cards(self) -> Mapping[str, Record]:
        """All payment methods."""
        ...

    @property
    def subscriptions(self) -> Mapping[str, Record]:
        """All subscriptions."""
        ...

    @property
    def invoices(self) -> Mapping[str, Record]:
        """All invoices."""
        ...


class Webhook(Protocol):
    """One signed webhook, to be posted as it is."""

    @property
    def body(self) -> bytes:
        """What was signed."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers, the signature among them."""
        ...

    @property
    def event_ref(self) -> str:
        """The event that it announces."""
        ...


class Emitter(Protocol):
    """Where an engine hands out the webhooks it owes."""

    def take(self) -> Sequence[Webhook]:
        """Hand out what is due."""
        ...

    def delivered(self, event_ref: str) -> None:
        """Hear that one was accepted."""
        ...

    def failed(self, event_ref: str) -> None:
        """Hear that one was not: it is owed again after a while."""
        ...


class Scenarios(Protocol):
    """Where an engine is told what shall go wrong."""

    def go_wrong_at_random(self, **rates: float) -> None:
        """Strike calls by chance; without rates, stop."""
        ...


class Engine(Protocol):
    """A billing system at the other end of the line, with its own books and its own time."""

    @property
    def books(self) -> Books:
        """What it knows."""
        ...

    @property
    def clock(self) -> Clock:
        """Its time, which stands until it is advanced."""
        ...

    @property
    def emitter(self) -> Emitter:
        """Its webhooks."""
        ...

    @property
    def scenarios(self) -> Scenarios:
        """Its faults."""
        ...

    def advance(self, delta: timedelta) -> datetime:
        """Let time pass, and do what falls due."""
        ...

    def authenticate(self, subscription_ref: str) -> Any:
        """Let a customer pass their bank's check."""
        ...

    def fail_authentication(self, subscription_ref: str) -> Any:
        """Let a customer fail it."""
        ...

    def pay_invoice(self, ref: str) -> Any:
        """Let a customer pay an invoice on its page."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What there is to buy at a processor, and what customers pay with.

    ``plans`` are keys of the catalog, billed monthly and cheapest first; ``yearly`` are prices
    billed by the year; ``extra`` is a plan that is added to one of ``plans``. The cards are tokens:
    one that pays, one that is declined, one that pays once and then no more, and one whose bank
    asks for the customer.
    """

    processor: str
    plans: tuple[str, ...]
    yearly: tuple[Price, ...]
    extra: str
    good_card: str
    declined_card: str
    failing_card: str
    asking_card: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often what goes wrong does, from 0 up to 1.

    ``lost`` and ``doubled`` are webhooks: a lost one is sent again later, and so overtaken by
    others. ``is_shuffled`` delivers in an order of chance. ``unanswered`` are calls whose effect
    happened and whose answer never came; ``cut`` are calls that never arrived.
    """

    lost: float = 0.0
    doubled: float = 0.0
    is_shuffled: bool = False
    unanswered: float = 0.0
    cut: float = 0.0

    def __post_init__(self) -> None:
        rates = (self.lost, self.doubled, self.unanswered, self.cut)
        if not all(0 <= rate < 1 for rate in rates):
            raise InvalidRequest("the rate of a fault is from 0 up to 1, and not 1")

    @property
    def is_none(self) -> bool:
        """Whether nothing goes wrong: then no verb may fail but for a declined card."""
        return self == Faults()
