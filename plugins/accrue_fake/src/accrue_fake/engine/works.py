"""Works: the rules of the engine, each given what it needs. None keeps facts: the books do."""

from __future__ import annotations

from accrue_fake.engine.books import Books
from accrue_fake.engine.calendar import Calendar
from accrue_fake.engine.cards import Cards
from accrue_fake.engine.catalogue import Catalogue
from accrue_fake.engine.changing import Changing
from accrue_fake.engine.credit import Credit
from accrue_fake.engine.cycles import Cycles
from accrue_fake.engine.discounts import Discounts
from accrue_fake.engine.driving import Driving
from accrue_fake.engine.emitter import Emitter
from accrue_fake.engine.ending import Ending
from accrue_fake.engine.invoicing import Invoicing
from accrue_fake.engine.leftover import Leftover
from accrue_fake.engine.pausing import Pausing
from accrue_fake.engine.payments import Payments
from accrue_fake.engine.pending import PendingChanges
from accrue_fake.engine.periods import Periods
from accrue_fake.engine.planning import Planning
from accrue_fake.engine.pricing import Pricing
from accrue_fake.engine.recurring import Recurring
from accrue_fake.engine.resting import Resting
from accrue_fake.engine.resuming import Resuming
from accrue_fake.engine.scenarios import Scenarios
from accrue_fake.engine.standing import Standing
from accrue_fake.engine.starting import Starting
from accrue_fake.engine.tax import Tax
from accrue_fake.engine.timetable import Timetable
from accrue_fake.engine.trials import Trials


class Works:
    """Put together from the bottom: money, then time, then what can be asked for."""

    def __init__(
        self,
        books: Books,
        calendar: Calendar,
        emitter: Emitter,
        scenarios: Scenarios,
        catalogue: Catalogue,
        discounts: Discounts,
        tax: Tax,
    ) -> None:
        self._books, self._calendar, self._emitter = books, calendar, emitter
        self._catalogue, self._discounts, self._tax = catalogue, discounts, tax
        self.cards = Cards(scenarios)
        self.credit = Credit(books, emitter)
        self.pricing = Pricing(books, catalogue)
        self.recurring = Recurring(catalogue, self.pricing)
        self.periods = Periods(calendar, self.recurring)
        self.standing = Standing(books, emitter, self.credit)
        self.invoicing = Invoicing(books, emitter, calendar, self.credit, discounts, tax)
        self._collect()
        self._begin()
        self._change()
        self._end()

    def _collect(self) -> None:
        self.pending = PendingChanges(
            self._books,
            self._emitter,
            self._calendar,
            self.invoicing,
            self.periods,
            self.standing,
            self._discounts,
        )
        self.payments = Payments(
            self._books, self._emitter, self._calendar, self.cards, self.standing, self.pending
        )
        self.cycles = Cycles(
            self._books,
            self._emitter,
            self._calendar,
            self.periods,
            self.pricing,
            self.recurring,
            self.invoicing,
            self.payments,
            self.pending,
            self.standing,
        )

    def _begin(self) -> None:
        self.starting = Starting(
            self._books,
            self._emitter,
            self.credit,
            self.pricing,
            self.recurring,
            self.cycles,
            self._discounts,
            self._tax,
        )
        self.trials = Trials(self._books, self.cycles)

    def _change(self) -> None:
        self.planning = Planning(self._books, self._catalogue, self.pricing, self._discounts)
        self.changing = Changing(
            self._books,
            self.planning,
            self.credit,
            self.invoicing,
            self.payments,
            self.pending,
            self.periods,
            self.standing,
        )
        self.driving = Driving(
            self._books,
            self._catalogue,
            self.recurring,
            self.periods,
            self.planning,
            self._discounts,
            self.invoicing,
            self.payments,
            self.pending,
            self.standing,
            self.cycles,
            self.changing,
        )
        self.timetable = Timetable(
            self._books,
            self._emitter,
            self._calendar,
            self.starting,
            self.driving,
            self.standing,
        )

    def _end(self) -> None:
        leftover = Leftover(self._books, self.planning, self.invoicing)
        self.pausing = Pausing(self._books, self._calendar, self.standing)
        self.resting = Resting(self._books, leftover, self.standing)
        self.resuming = Resuming(
            self._books,
            self._calendar,
            self.recurring,
            self.periods,
            self.credit,
            self.invoicing,
            self.payments,
            self.standing,
        )
        self.ending = Ending(
            self._books,
            self._calendar,
            leftover,
            self.pending,
            self.standing,
            self.cycles,
        )
