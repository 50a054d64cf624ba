"""Views: what the engine tells each of its pages. Facts only; the words are the page's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accrue_core.contracts.checkout import CheckoutSessionSnapshot
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.invoices import InvoiceSnapshot
from accrue_core.contracts.payment_methods import PaymentMethodSnapshot
from accrue_core.contracts.portal import CreatePortalSession
from accrue_core.contracts.subscriptions import SubscriptionSnapshot
from accrue_core.money import Money
from accrue_fake.engine.records import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutView:
    """A checkout session: what it would start now, and at what cost.

    ``waiting`` is the test card whose bank asks for the customer. ``success_url`` names the
    session already.
    """

    session: CheckoutSessionSnapshot
    customer: CustomerSnapshot
    prices: tuple[Price, ...]
    quantities: tuple[int, ...]
    total: Money
    due_today: Money
    trial_days: int | None
    trial_end: datetime | None
    success_url: str
    cancel_url: str
    waiting: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceView:
    """An invoice by the token of its page; ``bank`` leads to its bank while that waits.

    On the bank's page ``back`` is the address that its subscription's checkout came from, and
    ``portal`` the token of a portal session that the customer has open.
    """

    invoice: InvoiceSnapshot
    customer: CustomerSnapshot
    token: str
    card: PaymentMethodSnapshot | None = None
    bank: str | None = None
    back: str | None = None
    portal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalView:
    """A portal session. One that is over says where to go back to, and nothing of a customer.

    ``renewals`` are what each of the subscriptions will charge next, as far as it will.
    """

    request: CreatePortalSession
    is_open: bool
    customer: CustomerSnapshot | None = None
    subscriptions: tuple[SubscriptionSnapshot, ...] = ()
    renewals: tuple[Money | None, ...] = ()
    prices: tuple[Price, ...] = ()
    cards: tuple[PaymentMethodSnapshot, ...] = ()
    invoices: tuple[InvoiceView, ...] = ()
    waiting: str | None = None
