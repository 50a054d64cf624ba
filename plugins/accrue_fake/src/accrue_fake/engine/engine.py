"""The engine: a billing system with its own books and its own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from accrue_core.clock import utc
from accrue_core.contracts.results import Answer
from accrue_core.errors import InvalidRequest
from accrue_core.settings import Secret
from accrue_fake.engine.addresses import NOWHERE, Addresses
from accrue_fake.engine.answers import Answers
from accrue_fake.engine.books import Books, save
from accrue_fake.engine.calendar import Calendar, EngineClock
from accrue_fake.engine.catalogue import Catalogue
from accrue_fake.engine.checkout import Checkout
from accrue_fake.engine.clocks import Clocks, clock_of
from accrue_fake.engine.customers import Customers
from accrue_fake.engine.discounts import Discounts
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.invoices import Invoices
from accrue_fake.engine.memory import Memory
from accrue_fake.engine.payment_methods import PaymentMethods
from accrue_fake.engine.phases import Phases
from accrue_fake.engine.portal import Portal
from accrue_fake.engine.records import FinalStatus
from accrue_fake.engine.scenarios import Scenarios
from accrue_fake.engine.schedules import Schedules
from accrue_fake.engine.signing import DEFAULT_SECRET
from accrue_fake.engine.subscriptions import Subscriptions
from accrue_fake.engine.tax import Tax
from accrue_fake.engine.works import Works

START = datetime(2026, 1, 1, tzinfo=UTC)


class Engine:
    """One account at a processor that exists in memory only.

    Synchronous and deterministic: the same seed and the same calls give the same refs, the same
    times and the same events in the same order. Make one per test; they share nothing. Not safe
    for several threads at once.

    ``pages`` is the address below which its checkout and its portal are served, if anywhere.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        start: datetime = START,
        retry_days: tuple[int, ...] = (3, 5, 7),
        final: FinalStatus = "canceled",
        webhook_secret: Secret = DEFAULT_SECRET,
        pages: str = NOWHERE,
    ) -> None:
        if final not in ("canceled", "unpaid") or any(days < 1 for days in retry_days):
            raise InvalidRequest("retries are days apart, and end in canceled or unpaid")
        self._open(
            Books(seed=seed, now=utc(start), retry_days=tuple(retry_days), final=final),
            webhook_secret,
            pages,
        )

    @classmethod
    def load(
        cls, data: bytes, *, webhook_secret: Secret = DEFAULT_SECRET, pages: str = NOWHERE
    ) -> Engine:
        """Return an engine that goes on from books that were written down."""
        engine = cls.__new__(cls)
        engine._open(Books.load(data), webhook_secret, pages)
        return engine

    def _open(self, books: Books, secret: Secret, pages: str) -> None:
        self.books = books
        self.addresses = Addresses(books, pages)
        self.clock = EngineClock(books)
        self.scenarios = Scenarios(books)
        self.calendar = Calendar(books)
        self.catalogue = Catalogue(books)
        self.emitter = Emitter(books, self.scenarios, secret)
        self.discounts = Discounts(books, self.calendar, self.emitter)
        self.tax = Tax(books)
        self._assemble(books, Memory(books), Answers(books, self.addresses))

    def _assemble(self, books: Books, memory: Memory, answers: Answers) -> None:
        emitter, calendar = self.emitter, self.calendar
        works = Works(
            books,
            calendar,
            emitter,
            self.scenarios,
            self.catalogue,
            self.discounts,
            self.tax,
        )
        self._payments = works.payments
        self.customers = Customers(books, emitter, memory, works.standing)
        self.clocks = Clocks(books, calendar, self.customers.delete)
        self.payment_methods = PaymentMethods(books, emitter, memory)
        self.invoices = Invoices(
            books,
            emitter,
            works.invoicing,
            works.payments,
            works.pending,
            works.standing,
            self.addresses,
        )
        self._open_subscriptions(books, memory, works, answers)
        self._open_pages(books, memory, works, answers)
        self._teach(works)

    def _open_subscriptions(
        self, books: Books, memory: Memory, works: Works, answers: Answers
    ) -> None:
        self.subscriptions = Subscriptions(
            books,
            memory,
            works.standing,
            works.starting,
            works.changing,
            works.trials,
            works.pausing,
            works.resting,
            works.resuming,
            works.ending,
            answers,
        )
        self.schedules = Schedules(
            books,
            self.emitter,
            self.calendar,
            memory,
            Phases(works.pricing),
            works.starting,
            works.driving,
            works.timetable,
            self.discounts,
            works.standing,
            answers,
        )

    def _open_pages(self, books: Books, memory: Memory, works: Works, answers: Answers) -> None:
        self.checkout = Checkout(
            books,
            self.emitter,
            self.calendar,
            memory,
            works.cards,
            self.payment_methods,
            works.starting,
            answers,
            self.addresses,
        )
        self.portal = Portal(
            books,
            memory,
            works.cards,
            self.payment_methods,
            self.subscriptions,
            self.invoices,
            self.addresses,
        )

    def _teach(self, works: Works) -> None:
        cycles = works.cycles
        for what, deed in {
            "drop": works.pending.lapse,
            "forgo": works.resuming.lapse,
            "undiscount": self.discounts.lapse,
            "resume": works.pausing.lapse,
            "end": cycles.end,
            "expire": cycles.expire,
            "lapse": self.checkout.lapse,
            "phase": works.timetable.step,
            "turn": cycles.turn,
            "warn": cycles.warn,
            "retry": works.payments.retry,
            "overdue": works.payments.overdue,
        }.items():
            self.calendar.teach(what, deed)

    def pages_at(self, url: str) -> None:
        """Say where the engine's pages are served; links that are out already stay as they are."""
        self.addresses.move(url)

    def advance(self, delta: timedelta, *, clock: str | None = None) -> datetime:
        """Let so much time pass, do what falls due on the way, and return the new moment.

        Time passes for all who have no clock of their own; with ``clock``, for those who have that.
        """
        with self.clocks.told_by(clock):
            return self.calendar.advance(delta)

    def advance_to(self, moment: datetime, *, clock: str | None = None) -> datetime:
        """Let time pass until a moment, for the same."""
        with self.clocks.told_by(clock):
            return self.calendar.advance_to(moment)

    def pay_invoice(self, ref: str) -> Answer:
        """Pay an open invoice as its customer does on the processor's page."""
        return self.invoices.pay(ref)

    def authenticate(self, subscription_ref: str) -> Answer:
        """Let the customer pass the bank's check; the waiting payment goes through."""
        with self.books.time_of(clock_of(self.books, subscription_ref)):
            self._payments.authenticate(subscription_ref)
        return self.subscriptions.fetch(subscription_ref)

    def fail_authentication(self, subscription_ref: str) -> Answer:
        """Let the customer fail the bank's check."""
        with self.books.time_of(clock_of(self.books, subscription_ref)):
            self._payments.fail_authentication(subscription_ref)
        return self.subscriptions.fetch(subscription_ref)

    def forget_key(self, name: str) -> None:
        """Drop what is remembered of an idempotency key that nobody will use again."""
        self.books.remembered.pop(name, None)

    def dump(self) -> bytes:
        """Write the books down."""
        return self.books.dump()

    def save(self, path: Path) -> None:
        """Write the books to a file, replacing it as a whole."""
        save(path, self.dump())
