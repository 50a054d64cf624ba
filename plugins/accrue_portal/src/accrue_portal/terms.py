"""Pure: what a change comes to for its owner: its lines, what is due when, and what it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accrue_core.billing.catalog import Catalog
from accrue_core.billing.subscriptions.change_preview import ChangePreview
from accrue_core.contracts.invoices import InvoiceLineSnapshot
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.money import Money
from accrue_portal import change_copy as copy
from accrue_portal.account import Holding
from accrue_portal.bills import Total
from accrue_portal.costs import Cost
from accrue_portal.names import feature_words
from accrue_portal.offers import Choice
from accrue_portal.wishes import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A change that was previewed, and what has to be known to say what it means.

    ``then`` is what it costs from then on, where that can be told; ``called`` names a price.
    """

    holding: Holding
    choice: Choice
    wish: Wish
    preview: ChangePreview
    catalog: Catalog
    then: Cost | None
    called: Callable[[str], str]

    @property
    def title(self) -> str:
        """What it would be."""
        return copy.counted(self.choice.name, self.wish.quantity, has_seats=self.choice.has_seats)

    @property
    def due_title(self) -> str:
        """When it is due: the title of the amount."""
        return "Due now" if self.preview.due_now else "Due with your next invoice"

    @property
    def due_at(self) -> datetime | None:
        """When that is, if it is not now."""
        return None if self.preview.due_now else self.holding.subscription.renews_at

    @property
    def renews_at(self) -> datetime | None:
        """When the period ends that is under way then."""
        ends = [line.period_end for line in self.preview.lines if line.period_end]
        return max(ends, default=self.holding.subscription.renews_at)

    @property
    def is_charged_now(self) -> bool:
        """Whether a payment is taken at once."""
        return (
            self.preview.due_now
            and bool(self.preview.amount_due)
            and self.holding.subscription.collection == "charge"
        )

    @property
    def lines(self) -> list[tuple[str, Money]]:
        """Every line with its words."""
        return [(self._said(line), line.amount) for line in self.preview.lines]

    @property
    def totals(self) -> tuple[Total, ...]:
        """What the lines come to, what changes it, and what is due."""
        preview = self.preview
        credit = preview.amount_due - preview.total
        title = "Stays as your credit" if preview.total.minor < 0 else "From your credit"
        return (
            *(
                row
                for row in (Total("Discount", -preview.discount), Total("Tax", preview.tax))
                if row.amount
            ),
            Total("Together", preview.total, is_main=not credit),
            *((Total(title, credit),) if credit else ()),
            *((Total("Due", preview.amount_due, is_main=True),) if credit else ()),
        )

    @property
    def meaning(self) -> list[str]:
        """What will happen, the most important first."""
        return [*self._money(), *self._access(), *self._period()]

    def _money(self) -> list[str]:
        preview, said = self.preview, []
        if self.is_charged_now:
            method = self.holding.method
            said.append(copy.paid_now(preview.amount_due, method.words if method else None))
            said.append(copy.DECLINE_CHANGES_NOTHING if method else copy.NOTHING_TO_CHARGE)
        elif preview.due_now and preview.amount_due:
            said.append(copy.sent_now(preview.amount_due))
        else:
            said += [copy.CHANGES_AT_ONCE, *self._later()]
        if preview.total.minor < 0:
            said.append(copy.stays_as_credit(-preview.total))
        return said

    def _later(self) -> list[str]:
        subscription = self.holding.subscription
        if self.preview.due_now:
            return [copy.NOTHING_NOW]
        if subscription.status == SubscriptionStatus.TRIALING:
            return [copy.free_until(subscription.trial_end)]
        return [copy.NOTHING_NOW, copy.later(self.due_at)]

    def _access(self) -> list[str]:
        if not self.wish.price:
            return []
        processor = self.holding.subscription.processor
        prices = [item.price for item in self.holding.subscription.items]
        other = [
            item.price for item in self.holding.subscription.items if item.id != self.choice.item.id
        ]
        before, after = (
            frozenset().union(
                *(
                    frozenset(plan.features)
                    for price in some
                    if (plan := self.catalog.plan_of(processor, price)) is not None
                )
            )
            for some in (prices, [*other, self.wish.price])
        )
        kept = frozenset(self.holding.stays)
        opens = feature_words(after - before)
        closes = tuple(words for words in feature_words(before - after) if words not in kept)
        said = [copy.opens(opens)] if opens else []
        return [*said, *([copy.closes(closes)] if closes else [])] or [copy.OPENS_NOTHING_ELSE]

    def _period(self) -> list[str]:
        ends = [
            line.period_end
            for line in self.preview.lines
            if not line.is_proration and line.period_end
        ]
        return [copy.new_period(max(ends))] if self.preview.due_now and ends else []

    def _said(self, line: InvoiceLineSnapshot) -> str:
        if not line.price:
            return line.description or "Subscription"
        is_counted = self.choice.has_seats or (line.quantity or 1) > 1
        many = line.quantity if is_counted else None
        name = copy.counted(self.called(line.price), many, has_seats=(line.quantity or 1) > 1)
        if line.amount.minor < 0:
            return copy.unused(name, line.period_end)
        if line.is_proration:
            return copy.rest_of_it(name, line.period_end)
        return copy.period_of(name, line.period_start, line.period_end)
