"""Pure: what a previewed change comes to, in rows and sentences, before it is agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accrue_admin import copy
from accrue_admin.wishes import Wish, item_of
from accrue_core.billing.catalog import Catalog
from accrue_core.billing.subscriptions.change_preview import ChangePreview
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.money import Money
from accrue_core.pages.words import day, money


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A change that was previewed, and what has to be known to tell what it means.

    ``elsewhere`` are features that the owner has through something else; ``method`` is what would
    be charged, in words.
    """

    subscription: Subscription
    wish: Wish
    preview: ChangePreview
    catalog: Catalog
    elsewhere: frozenset[str]
    method: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """An amount below the lines; the main ones stand out."""

    title: str
    amount: Money
    is_main: bool = False


def title_of(case: Case) -> str:
    """Return what would be done, as a question asks it: ``Change Pro to Team × 3``."""
    wish, item = case.wish, item_of(case.subscription, case.wish)
    before = "" if item is None else named(case, item.price)
    match wish.kind:
        case "plan":
            count = (item.quantity if item else None) if wish.quantity is None else wish.quantity
            after = named(case, wish.price)
            if before == after and item is not None:
                return f"Change {before} from {item.price} to {counted(wish.price, count)}"
            return f"Change {before} to {counted(after, count)}"
        case "quantity":
            return f"Change {before} from {(item and item.quantity) or 1} to {wish.quantity}"
        case "add":
            return f"Add {counted(named(case, wish.price), wish.quantity)}"
        case "remove":
            return f"Remove {before}"


def rows_of(preview: ChangePreview) -> tuple[Row, ...]:
    """Return what the lines come to, what changes it, and what is due in the end."""
    credit = preview.amount_due - preview.total
    is_changed = preview.subtotal != preview.total
    before = (
        Row("Subtotal", preview.subtotal),
        Row("Discount", -preview.discount),
        Row("Tax", preview.tax),
    )
    title = "Stays as a credit" if preview.total.minor < 0 else "From the customer’s credit"
    return (
        *(row for row in (before if is_changed else ()) if row.amount),
        Row("Total", preview.total, is_main=not credit),
        *((Row(title, credit),) if credit else ()),
        *((Row("Due", preview.amount_due, is_main=True),) if credit else ()),
    )


def due_words(case: Case) -> str:
    """Return when it is due: the title of the amounts."""
    if case.preview.due_now:
        return "Due now"
    at = _next_invoice(case)
    return f"Due with the next invoice, on {day(at)}" if at else "Due with the next invoice"


def meaning_of(case: Case) -> list[str]:
    """Return what will happen, most important first, one sentence each."""
    return [*_when(case), *_access(case), *_money(case), *_period(case), *_end(case)]


def named(case: Case, price: str) -> str:
    """Return what a price is called here: its plan, or its ref."""
    plan = case.catalog.plan_of(case.subscription.processor, price)
    return price if plan is None else plan.name


def counted(name: str, quantity: int | None) -> str:
    """Return a name with how many there are of it, where that says something.

    >>> counted("Team", 3), counted("Pro", 1), counted("Calls", None)
    ('Team × 3', 'Pro', 'Calls')
    """
    return name if quantity in (None, 1) else f"{name} × {quantity}"


def _when(case: Case) -> list[str]:
    preview, by_invoice = case.preview, case.subscription.collection == "invoice"
    if preview.due_now and preview.amount_due.minor and not by_invoice:
        said = [copy.changes_when_paid(money(preview.amount_due), case.method)]
        if case.method is None:
            said.append(copy.NOTHING_TO_CHARGE)
        return said
    if preview.due_now and preview.amount_due.minor:
        return [copy.changes_and_is_sent(money(preview.amount_due))]
    return [copy.CHANGES_AT_ONCE]


def _access(case: Case) -> list[str]:
    if not case.subscription.is_entitling:
        return []
    before, after = _features(case, _prices(case)[0]), _features(case, _prices(case)[1])
    said = []
    if opens := after - before - case.elsewhere:
        said.append(f"Opens: {_listed(opens)}.")
    if closes := before - after - case.elsewhere:
        said.append(f"Closes: {_listed(closes)}.")
    return said or ["No access is gained or lost."]


def _money(case: Case) -> list[str]:
    preview = case.preview
    said = []
    if preview.total.minor < 0:
        said.append(copy.stays_as_credit(money(-preview.total)))
    if preview.due_now:
        return said
    if case.subscription.status == "trialing":
        return [*said, copy.on_trial(case.subscription.trial_end)]
    if case.wish.proration == "none":
        return [*said, copy.REST_IS_FREE]
    return [*said, copy.WITH_THE_NEXT]


def _period(case: Case) -> list[str]:
    """Say that a new period begins, when the preview shows that it does."""
    at = case.preview.proration_at
    ends = [
        line.period_end
        for line in case.preview.lines
        if line.period_start == at and not line.is_proration and line.period_end
    ]
    return [copy.new_period(max(ends))] if ends and case.preview.due_now else []


def _end(case: Case) -> list[str]:
    subscription = case.subscription
    if not subscription.is_ending:
        return []
    said = [copy.still_ends(subscription.ends_at)]
    if not case.preview.due_now and any(line.amount for line in case.preview.lines):
        said.append(copy.NO_INVOICE_COMES)
    return said


def _next_invoice(case: Case) -> datetime | None:
    return case.subscription.renews_at


def _prices(case: Case) -> tuple[Sequence[str], Sequence[str]]:
    """Return the prices before and after."""
    subscription, wish = case.subscription, case.wish
    before = [item.price for item in subscription.items]
    item = item_of(subscription, wish)
    match wish.kind:
        case "plan":
            swapped = [
                wish.price if item and one.id == item.id else one.price
                for one in subscription.items
            ]
            return before, swapped
        case "add":
            return before, [*before, wish.price]
        case "remove":
            left = [one.price for one in subscription.items if not item or one.id != item.id]
            return before, left
    return before, before


def _features(case: Case, prices: Sequence[str]) -> frozenset[str]:
    plans = (case.catalog.plan_of(case.subscription.processor, price) for price in prices)
    return frozenset().union(*(frozenset(plan.features) for plan in plans if plan is not None))


def _listed(features: frozenset[str]) -> str:
    return ", ".join(sorted(features))
