"""Clocks: customers whose time passes apart from everybody else's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import wraps
from heapq import heapify
from typing import Any, TypeVar

from accrue_core.clock import utc
from accrue_core.errors import InvalidRequest, ProcessorRejected, RemoteMissing
from accrue_fake.engine.addresses import NOWHERE, Addresses
from accrue_fake.engine.books import Books, find
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.clock_records import ClockRecord, ClockSnapshot

Room = TypeVar("Room")


def keeps_time(room: type[Room]) -> type[Room]:
    """Have whatever is asked of a room happen at the time of the customer whom it is about.

    For the public methods of a class that keeps the books as ``_books``. Without clocks it costs
    nothing.
    """
    for name, deed in tuple(vars(room).items()):
        if inspect.isfunction(deed) and not name.startswith("_"):
            setattr(room, name, _timed(deed))
    return room


def _timed(deed: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(deed)

    @wraps(deed)
    def timed(room: Any, *args: Any, **options: Any) -> Any:
        books: Books = room._books
        if not books.clocks:
            return deed(room, *args, **options)
        asked = signature.bind(room, *args, **options).arguments
        with books.time_of(_clock_in(books, asked)):
            return deed(room, *args, **options)

    return timed


class Clocks:
    """Test clocks, as Stripe has them: made with a time, for customers that are attached to one.

    Everything about such a customer happens by the clock: what falls due, what is asked for
    meanwhile, the dates of its webhooks. They are sent at once all the same. The engine's own time
    moves nobody who has a clock. Stripe limits how far one advance may go; here none is too far.
    """

    def __init__(
        self, books: Books, calendar: Calendar, delete_customer: Callable[[str], object]
    ) -> None:
        self._books = books
        self._calendar = calendar
        self._delete_customer = delete_customer

    def create(
        self, now: datetime, *, name: str | None = None, customers: tuple[str, ...] = ()
    ) -> ClockSnapshot:
        """Make a clock that stands at a moment.

        A customer is attached when it is created, or here while it has no clock yet; it lives up
        to the moment then, which is not behind it.
        """
        now = utc(now)
        for ref in customers:
            customer = find(self._books.customers, "customer", ref)
            if customer.is_deleted or customer.clock is not None or now < self._books.now:
                raise ProcessorRejected(
                    "this customer cannot be attached to the clock", param="customer"
                )
        ref = self._books.new_ref("clock")
        start = self._books.now if customers else now
        self._books.clocks[ref] = ClockRecord(ref=ref, now=start, name=name)
        for customer_ref in customers:
            self._books.customers[customer_ref].clock = ref
        self._take_over(ref, frozenset(customers))
        return self.advance(ref, now)

    def advance(self, ref: str, to: datetime) -> ClockSnapshot:
        """Let its customers' time pass until a moment, and do what falls due for them."""
        with self.told_by(ref):
            self._calendar.advance_to(to)
        return self.fetch(ref)

    def told_by(self, ref: str | None) -> AbstractContextManager[None]:
        """Have it be as late as a clock says, or as everybody else has it; no unknown clock."""
        return self._books.time_of(ref if ref is None else self._existing(ref).ref)

    def fetch(self, ref: str) -> ClockSnapshot:
        """Return where it stands, and for whom."""
        record = self._existing(ref)
        return ClockSnapshot(
            ref=ref, now=record.now, name=record.name, customers=tuple(self._attached(ref))
        )

    def delete(self, ref: str) -> None:
        """Take a clock away, and with it its customers and all that is theirs, as Stripe does."""
        with self.told_by(ref):
            for customer in tuple(self._attached(ref)):
                self._delete_customer(customer)
        del self._books.clocks[ref]

    def _existing(self, ref: str) -> ClockRecord:
        return find(self._books.clocks, "clock", ref)

    def _attached(self, ref: str) -> Iterator[str]:
        for name, customer in self._books.customers.items():
            if customer.clock == ref and not customer.is_deleted:
                yield name

    def _take_over(self, ref: str, customers: frozenset[str]) -> None:
        """Move what was to happen to customers from the engine's calendar to their clock's."""
        books, clock = self._books, self._books.clocks[ref]
        clock.due = [entry for entry in books.due if customer_of(books, entry.ref) in customers]
        if clock.due:
            books.due = [entry for entry in books.due if entry not in clock.due]
            heapify(clock.due)
            heapify(books.due)


def customer_of(books: Books, ref: str) -> str | None:
    """Return whose a thing is, or ``None`` when nobody has it."""
    if ref in books.customers:
        return ref
    for shelf in (books.subscriptions, books.invoices, books.cards, books.schedules):
        record = shelf.get(ref)
        if record is not None:
            owner: str | None = record.snapshot.customer
            return owner
    page = books.sessions.get(ref) or books.portals.get(ref)
    return None if page is None else page.request.customer


def clock_of(books: Books, ref: str) -> str | None:
    """Return the clock by which a thing lives, or ``None`` for the engine's own time."""
    customer = books.customers.get(customer_of(books, ref) or "")
    return None if customer is None else customer.clock


def _clock_in(books: Books, asked: dict[str, Any]) -> str | None:
    """Return the clock of the one customer that the arguments of a call are about."""
    named = asked.get("clock")
    if named is not None:
        if named not in books.clocks:
            raise InvalidRequest("there is no such clock")
        return str(named)
    request = asked.get("request")
    refs = [asked.get("ref"), asked.get("customer")]
    refs += [getattr(request, "customer", None), getattr(request, "ref", None)]
    refs += [_behind(books, asked.get(word)) for word in ("token", "secret")]
    clocks = (clock_of(books, ref) for ref in refs if isinstance(ref, str))
    return next((clock for clock in clocks if clock is not None), None)


def _behind(books: Books, token: object) -> str | None:
    """Return what a page with this token is about."""
    if not isinstance(token, str):
        return None
    addresses = Addresses(books, NOWHERE)
    with suppress(RemoteMissing):
        return addresses.behind("checkout", token, books.sessions, noun="page")
    with suppress(RemoteMissing):
        return addresses.behind("portal", token, books.portals, noun="page")
    with suppress(RemoteMissing):
        return addresses.behind("invoices", token, books.invoices, noun="page")
    with suppress(RemoteMissing):
        payment = addresses.behind("authenticate", token, books.invoice_of, noun="page")
        return books.invoice_of[payment]
    return None
