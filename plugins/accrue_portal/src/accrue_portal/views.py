"""What a template is given for one subscription: how it stands and what can be done."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.pages.words import day, money
from accrue_portal import copy
from accrue_portal.account import Holding
from accrue_portal.endings import can_be_canceled, can_be_kept, ending_of, is_undoable
from accrue_portal.offers import NO_WAYS, Ways
from accrue_portal.standing import Standing, standing_of


@dataclass(frozen=True, slots=True)
class View:
    """A subscription with its words; ``note`` says what cannot be done here."""

    holding: Holding
    standing: Standing
    can_cancel: bool
    can_keep: bool
    note: str
    ways: Ways

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What it costs and when it goes on, each with its title, where that is known."""
        holding, rows = self.holding, []
        if holding.is_over:
            return ()
        last = next((one for one in holding.invoices if one.total_minor > 0), None)
        if holding.cost is not None:
            rows.append(("Cost", f"{money(holding.cost.amount)} {holding.cost.every}"))
        elif last is not None:
            rows.append(("Last invoice", money(last.total)))
        is_going_on = self.standing.tone == "good"
        if is_going_on and holding.subscription.status == SubscriptionStatus.ACTIVE:
            rows.append(("Renews", day(holding.subscription.renews_at)))
        return tuple(row for row in rows if row[1])

    @property
    def paid_with(self) -> str:
        """What is charged, in words."""
        if self.holding.subscription.collection == "invoice":
            return "Invoices"
        method = self.holding.method
        return method.words if method is not None else copy.NOTHING_ON_FILE

    @property
    def needs_payment(self) -> bool:
        """Whether the owner has to do something about a payment."""
        is_owing = self.standing.tone == "bad" or self.holding.debt is not None
        return is_owing and not self.holding.is_over


def view_of(holding: Holding, ways: Ways = NO_WAYS) -> View:
    """Return a subscription as pages show it, with what can be done to it besides ending it."""
    ending, keeps = ending_of(holding), can_be_kept(holding)
    note = ""
    if can_be_canceled(holding) and ending is None:
        note = copy.CANNOT_CANCEL
    elif is_undoable(holding) and not keeps:
        note = copy.CANNOT_KEEP
    return View(holding, standing_of(holding), ending is not None, keeps, note, ways)
