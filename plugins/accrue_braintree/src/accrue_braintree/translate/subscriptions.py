"""Braintree's subscription to ours.

Braintree has five statuses and dates; ours are derived from both. A subscription is one price and
its add-ons, without a quantity: the plan becomes an item of which there is one, and each add-on
an item of its own, named ``add_on:<id>`` so that it cannot be taken for a plan.
"""

from __future__ import annotations

from datetime import datetime

from accrue_braintree.translate.account import Account
from accrue_braintree.translate.amounts import currency
from accrue_braintree.translate.invoices import latest_invoice
from accrue_braintree.translate.reading import Reader, refuse
from accrue_core.contracts.results import UnreadableSnapshot
from accrue_core.contracts.subscriptions import (
    SubscriptionItemSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)

STATUSES = {
    "Pending": SubscriptionStatus.INCOMPLETE,
    "Active": SubscriptionStatus.ACTIVE,
    "Past Due": SubscriptionStatus.PAST_DUE,
    "Canceled": SubscriptionStatus.CANCELED,
    "Expired": SubscriptionStatus.CANCELED,
}
"""Pending has not begun and has paid for nothing; expired has used up its cycles and is over."""

NO_CUSTOMER = "{status}, of a customer that cannot be found out"


def subscription(
    data: object, account: Account, customer: str | None
) -> SubscriptionSnapshot | UnreadableSnapshot:
    """Read a subscription of a customer, whom Braintree does not name in it.

    A status that we have never heard of makes it unreadable, and so does a customer that nobody
    can tell any more: it grants nothing until somebody has looked.
    """
    found = Reader(data, "subscription")
    ref, status = found.text("id"), found.text("status")
    if status not in STATUSES:
        return UnreadableSnapshot("subscription", ref, status)
    if customer is None:
        return UnreadableSnapshot("subscription", ref, NO_CUSTOMER.format(status=status))
    is_over = STATUSES[status] == SubscriptionStatus.CANCELED
    created_at, first = (
        found.moment("created_at"),
        account.start_of(found.day("first_billing_date")),
    )
    has_trial = found.flag("trial_period")
    over_at = _since(found, status) if is_over else None
    last = None if is_over else _end_of_last_period(found, account)
    return SubscriptionSnapshot(
        ref=ref,
        customer=customer,
        status=SubscriptionStatus.TRIALING if _is_in_trial(found) else STATUSES[status],
        items=(_plan(found, account), *map(_add_on, found.each("add_ons"))),
        currency=currency_of(found, account),
        cancel_at_period_end=last is not None,
        cancel_at=last,
        canceled_at=over_at if status == "Canceled" else None,
        ended_at=over_at,
        started_at=created_at if has_trial else max(created_at, first),
        trial_start=created_at if has_trial else None,
        trial_end=first if has_trial else None,
        default_payment_method=found.text_or_none("payment_method_token"),
        latest_invoice=latest_invoice(data),
        created_at=created_at,
    )


def customer_in(data: object) -> str | None:
    """Return the customer that its transactions name, if there are any."""
    found = Reader(data, "subscription")
    named = {
        transaction.inner("customer_details").text_or_none("id")
        for transaction in found.each("transactions")
    } - {None}
    if len(named) > 1:
        refuse(found.at("transactions"), "several customers")
    return named.pop() if named else None


def payment_method_in(data: object) -> str | None:
    """Return the token of the payment method that it charges."""
    return Reader(data, "subscription").text_or_none("payment_method_token")


def currency_of(found: Reader, account: Account) -> str:
    """Find out in which currency it charges: a property of its merchant account.

    Its transactions there say so, else its history; else the deployment has to. Nothing is
    guessed, and a deployment that says otherwise than Braintree is not believed.
    """
    merchant_account = found.text("merchant_account_id")
    configured = account.currencies.get(merchant_account)
    charged = [
        one
        for one in found.each("transactions")
        if one.text_or_none("merchant_account_id") == merchant_account
    ]
    told = [
        event
        for event in found.each("status_history")
        if "currency_iso_code" in event and not event.is_empty("currency_iso_code")
    ]
    if charged:
        code = currency(max(charged, key=lambda one: one.moment("created_at")))
    elif told:
        code = currency(max(told, key=lambda event: event.moment("timestamp")))
    elif configured is not None:
        return configured
    else:
        refuse(found.at("merchant_account_id"), f"{merchant_account}, of no known currency")
    if configured not in (None, code):
        refuse(
            found.at("merchant_account_id"),
            f"{merchant_account}, set up as {configured}, charges in {code}",
        )
    return code


def _is_in_trial(found: Reader) -> bool:
    """Whether it is active and no billing period has begun yet.

    ``trial_period`` alone says only that there was a trial; the status stays Active throughout.
    """
    return (
        found.text("status") == "Active"
        and found.flag("trial_period")
        and found.is_empty("billing_period_start_date")
    )


def _plan(found: Reader, account: Account) -> SubscriptionItemSnapshot:
    start, end = _period(found, account)
    return SubscriptionItemSnapshot(
        ref=found.text("id"),
        price=found.text("plan_id"),
        quantity=1,
        current_period_start=start,
        current_period_end=end,
    )


def _period(found: Reader, account: Account) -> tuple[datetime | None, datetime | None]:
    """Read the billing period; before the first one, the trial is the period."""
    start = found.day_or_none("billing_period_start_date")
    end = found.day_or_none("billing_period_end_date")
    if start is not None and end is not None:
        return account.start_of(start), account.end_of(end)
    if (start, end) != (None, None):
        refuse(found.at("billing_period_start_date"), "half a billing period")
    if found.flag("trial_period"):
        return found.moment("created_at"), account.start_of(found.day("first_billing_date"))
    return None, None


def _add_on(found: Reader) -> SubscriptionItemSnapshot:
    name = f"add_on:{found.text('id')}"
    return SubscriptionItemSnapshot(ref=name, price=name, quantity=found.whole("quantity"))


def _end_of_last_period(found: Reader, account: Account) -> datetime | None:
    """Return when it runs out, if the period that runs now is its last.

    Braintree has no pending end. What it has is a number of cycles, and with the last of them
    under way the subscription is set to end.
    """
    cycles = found.whole_or_none("number_of_billing_cycles")
    end = found.day_or_none("billing_period_end_date")
    if found.flag("never_expires") or cycles is None or end is None:
        return None
    return account.end_of(end) if found.whole("current_billing_cycle") >= cycles else None


def _since(found: Reader, status: str) -> datetime:
    """Return when it took its final status; nothing can change it afterwards."""
    entered = [
        event.moment("timestamp")
        for event in found.each("status_history")
        if event.text("status") == status
    ]
    return min(entered, default=found.moment("updated_at"))
