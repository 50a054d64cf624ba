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
from accrue_fake.engine.cards import Cards
from accrue_fake.engine.catalogue import Catalogue
from accrue_fake.engine.changing import Changing
from accrue_fake.engine.checkout import Checkout
from accrue_fake.engine.credit import Credit
from accrue_fake.engine.customers import Customers
from accrue_fake.engine.cycles import Cycles
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.invoices import Invoices
from accrue_fake.engine.invoicing import Invoicing
from accrue_fake.engine.memory import Memory
from accrue_fake.engine.pausing import Pausing
from accrue_fake.engine.payment_methods import PaymentMethods
from accrue_fake.engine.payments import Payments
from accrue_fake.engine.pending import PendingChanges
from accrue_fake.engine.periods import Periods
from accrue_fake.engine.planning import Planning
from accrue_fake.engine.portal import Portal
from accrue_fake.engine.pricing import Pricing
from accrue_fake.engine.records import FinalStatus
from accrue_fake.engine.scenarios import Scenarios
from accrue_fake.engine.signing import DEFAULT_SECRET
from accrue_fake.engine.standing import Standing
from accrue_fake.engine.starting import Starting
from accrue_fake.engine.subscriptions import Subscriptions
from accrue_fake.engine.trials import Trials

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
        self._assemble(books, Memory(books), Answers(books, self.addresses))

    def _assemble(self, books: Books, memory: Memory, answers: Answers) -> None:
        emitter, calendar = self.emitter, self.calendar
        credit = Credit(books, emitter)
        pricing = Pricing(books, self.catalogue)
        standing = Standing(books, emitter, credit)
        cards = Cards(self.scenarios)
        invoicing = Invoicing(books, emitter, calendar, credit)
        periods = Periods(calendar)
        pending = PendingChanges(books, emitter, calendar, invoicing, periods, standing)
        self._payments = Payments(books, emitter, calendar, cards, standing, pending)
        cycles = Cycles(
            books,
            emitter,
            calendar,
            periods,
            pricing,
            invoicing,
            self._payments,
            pending,
            standing,
        )
        starting = Starting(books, emitter, credit, pricing, cycles)
        planning = Planning(books, self.catalogue, pricing)
        changing = Changing(
            books, planning, credit, invoicing, self._payments, pending, periods, standing
        )
        pausing = Pausing(books, calendar, standing)
        self.customers = Customers(books, emitter, memory, standing)
        self.payment_methods = PaymentMethods(books, emitter, memory)
        self.subscriptions = Subscriptions(
            books,
            calendar,
            memory,
            standing,
            starting,
            changing,
            Trials(books, cycles),
            pausing,
            answers,
        )
        self.invoices = Invoices(books, self._payments, self.addresses)
        self._open_pages(books, memory, cards, starting, answers)
        self._teach(cycles, pending, pausing)

    def _open_pages(
        self, books: Books, memory: Memory, cards: Cards, starting: Starting, answers: Answers
    ) -> None:
        self.checkout = Checkout(
            books,
            self.emitter,
            self.calendar,
            memory,
            cards,
            self.payment_methods,
            starting,
            answers,
            self.addresses,
        )
        self.portal = Portal(
            books,
            memory,
            cards,
            self.payment_methods,
            self.subscriptions,
            self.invoices,
            self.addresses,
        )

    def _teach(self, cycles: Cycles, pending: PendingChanges, pausing: Pausing) -> None:
        for what, deed in {
            "drop": pending.lapse,
            "resume": pausing.lapse,
            "end": cycles.end,
            "expire": cycles.expire,
            "lapse": self.checkout.lapse,
            "turn": cycles.turn,
            "warn": cycles.warn,
            "retry": self._payments.retry,
            "overdue": self._payments.overdue,
        }.items():
            self.calendar.teach(what, deed)

    def pages_at(self, url: str) -> None:
        """Say where the engine's pages are served; links that are out already stay as they are."""
        self.addresses.move(url)

    def advance(self, delta: timedelta) -> datetime:
        """Let so much time pass, do what falls due on the way, and return the new moment."""
        return self.calendar.advance(delta)

    def advance_to(self, moment: datetime) -> datetime:
        """Let time pass until a moment."""
        return self.calendar.advance_to(moment)

    def pay_invoice(self, ref: str) -> Answer:
        """Pay an open invoice as its customer does on the processor's page."""
        return self.invoices.pay(ref)

    def authenticate(self, subscription_ref: str) -> Answer:
        """Let the customer pass the bank's check; the waiting payment goes through."""
        self._payments.authenticate(subscription_ref)
        return self.subscriptions.fetch(subscription_ref)

    def fail_authentication(self, subscription_ref: str) -> Answer:
        """Let the customer fail the bank's check."""
        self._payments.fail_authentication(subscription_ref)
        return self.subscriptions.fetch(subscription_ref)

    def dump(self) -> bytes:
        """Write the books down."""
        return self.books.dump()

    def save(self, path: Path) -> None:
        """Write the books to a file, replacing it as a whole."""
        save(path, self.dump())
