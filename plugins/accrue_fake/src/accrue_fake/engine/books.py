"""The books: everything the engine knows, in one value that can be written down and read back.

Every other file of the engine holds rules and no facts, so that a copy of the books is a copy of
the processor.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from accrue_core.contracts.portal import PortalSession
from accrue_core.contracts.results import Answer
from accrue_core.errors import ConfigurationError, RemoteMissing
from accrue_fake.engine import codec
from accrue_fake.engine.clock_records import ClockRecord
from accrue_fake.engine.records import (
    CardRecord,
    CheckoutRecord,
    CouponRecord,
    CustomerRecord,
    Due,
    EventRecord,
    Fault,
    FinalStatus,
    InvoiceRecord,
    Owed,
    PortalRecord,
    Price,
    Refusal,
    Rounding,
    ScheduleRecord,
    SubscriptionRecord,
    TaxRate,
)

FORMAT = 6
"""Raised when the books can no longer be read as they were written, or replay differently."""

R = TypeVar("R")
Outcome = Answer | PortalSession | Refusal


class Remembered:
    """What was answered under one idempotency key, for which request, and when."""

    __slots__ = ("at", "fingerprint", "outcome")

    def __init__(self, fingerprint: str, at: datetime, outcome: Outcome) -> None:
        self.fingerprint, self.at, self.outcome = fingerprint, at, outcome


@dataclass(slots=True, kw_only=True)
class Books:
    """All the facts, by kind, with indexes from parent to child.

    ``now`` is the time of whoever is looked at. While that is a customer with a clock, that clock
    is ``running`` and ``world`` is the engine's own time.
    """

    seed: int
    now: datetime
    retry_days: tuple[int, ...]
    final: FinalStatus
    format: int = FORMAT
    drawn: int = 0
    counters: dict[str, int] = field(default_factory=dict)
    prices: dict[str, Price] = field(default_factory=dict)
    coupons: dict[str, CouponRecord] = field(default_factory=dict)
    tax_rates: dict[str, TaxRate] = field(default_factory=dict)
    tax_rounding: Rounding = field(default_factory=Rounding)
    clocks: dict[str, ClockRecord] = field(default_factory=dict)
    running: str | None = None
    world: datetime | None = None
    customers: dict[str, CustomerRecord] = field(default_factory=dict)
    cards: dict[str, CardRecord] = field(default_factory=dict)
    subscriptions: dict[str, SubscriptionRecord] = field(default_factory=dict)
    schedules: dict[str, ScheduleRecord] = field(default_factory=dict)
    invoices: dict[str, InvoiceRecord] = field(default_factory=dict)
    invoice_of: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, CheckoutRecord] = field(default_factory=dict)
    portals: dict[str, PortalRecord] = field(default_factory=dict)
    made_by: dict[str, tuple[str, ...]] = field(default_factory=dict)
    remembered: dict[str, Remembered] = field(default_factory=dict)
    due: list[Due] = field(default_factory=list)
    events: dict[str, EventRecord] = field(default_factory=dict)
    history: list[EventRecord] = field(default_factory=list)
    copies: dict[str, int] = field(default_factory=dict)
    owed: list[Owed] = field(default_factory=list)
    sent: dict[str, list[Owed]] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rates: dict[str, float] = field(default_factory=dict)
    is_shuffled: bool = False

    @property
    def engine_time(self) -> datetime:
        """The time by which requests come in and webhooks go out, whoever they are about."""
        return self.now if self.world is None else self.world

    @property
    def agenda(self) -> list[Due]:
        """What the time that is looked at will do: a heap."""
        return self.due if self.running is None else self.clocks[self.running].due

    @contextmanager
    def time_of(self, clock: str | None) -> Iterator[None]:
        """Have it be as late as a clock says, for a while; ``None`` changes nothing."""
        if clock is None or clock == self.running or clock not in self.clocks:
            yield
            return
        now, running, world = self.now, self.running, self.world
        self.now, self.running, self.world = self.clocks[clock].now, clock, self.engine_time
        try:
            yield
        finally:
            self.clocks[clock].now = self.now
            self.now, self.running, self.world = now, running, world

    def count(self, name: str) -> int:
        """Return the next whole number of a series, from 1."""
        number = self.counters[name] = self.counters.get(name, 0) + 1
        return number

    def new_ref(self, prefix: str) -> str:
        """Return the next ref of a kind, such as ``cus_fake_00001``."""
        return f"{prefix}_fake_{self.count(prefix):05d}"

    def chance(self) -> float:
        """Return the next number from 0 up to 1 of this seed's series."""
        self.drawn += 1
        return int(self.token("chance", str(self.drawn))[:13], 16) / 16**13

    def token(self, *words: str) -> str:
        """Return text that only the holder of the books can know, the same for the same words."""
        text = "/".join((str(self.seed), *words))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def note_made(self, operation_id: str, ref: str) -> None:
        """Remember which operation created a thing."""
        self.made_by[operation_id] = (*self.made_by.get(operation_id, ()), ref)

    def dump(self) -> bytes:
        """Write everything down, in the order it came about: equal histories give equal bytes."""
        return msgspec.json.encode(self, enc_hook=_plain)

    @classmethod
    def load(cls, data: bytes) -> Books:
        """Read books back, or ``ConfigurationError`` when another version wrote them."""
        try:
            books = msgspec.json.decode(data, type=cls, dec_hook=_typed)
        except msgspec.MsgspecError:
            raise ConfigurationError("this is not a snapshot of the fake processor") from None
        if books.format != FORMAT:
            raise ConfigurationError(
                f"the snapshot has format {books.format}, this version reads {FORMAT}: delete it"
            )
        return books


def save(path: Path, data: bytes) -> None:
    """Replace a file as a whole: a kill at any instant leaves the old content or the new."""
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def find(shelf: dict[str, R], noun: str, ref: str) -> R:
    """Return a record, or ``RemoteMissing`` as a processor's 404."""
    record = shelf.get(ref)
    if record is None:
        raise RemoteMissing(noun=noun, ref=ref)
    return record


def _plain(value: Any) -> Any:
    if isinstance(value, Remembered):
        return [value.fingerprint, value.at, codec.pack(value.outcome)]
    return codec.plain(value)


def _typed(type_: type[Any], value: Any) -> Any:
    if type_ is Remembered:
        fingerprint, at, outcome = value
        return Remembered(fingerprint, datetime.fromisoformat(at), codec.unpack(outcome))
    return codec.typed(type_, value)
