"""``/v1/account`` and ``/v1/balance``"""

from __future__ import annotations

from collections import Counter

from accrue_core.contracts.invoices import InvoiceStatus
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.shapes.units import amount


def retrieve(desk: Desk, call: Call) -> Json:
    """Return the account that everything is in."""
    call.params.only()
    return desk.show("account", desk.account.ref)


def balance(desk: Desk, call: Call) -> Json:
    """Return what was collected. There are no fees and no payouts here."""
    call.params.only()
    collected: Counter[str] = Counter()
    for invoice in desk.engine.books.invoices.values():
        snapshot = invoice.snapshot
        if snapshot.status == InvoiceStatus.PAID:
            collected[snapshot.currency] += amount(snapshot.amount_paid)
    funds = [
        {"amount": total, "currency": currency, "source_types": {"card": total}}
        for currency, total in sorted(collected.items())
    ] or [{"amount": 0, "currency": "usd", "source_types": {"card": 0}}]
    nothing = [{**one, "amount": 0, "source_types": {"card": 0}} for one in funds]
    return {
        "object": "balance",
        "available": funds,
        "connect_reserved": None,
        "instant_available": None,
        "issuing": None,
        "livemode": False,
        "pending": nothing,
        "refund_and_dispute_prefunding": None,
    }
