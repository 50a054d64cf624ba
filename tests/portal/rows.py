"""Rows as the database would return them, for words that are tried without one."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from accrue_core.billing.invoices.models import Invoice, InvoiceLine
from accrue_core.billing.payment_methods.models import PaymentMethod
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_portal.account import Holding
from accrue_portal.names import Name
from accrue_portal.powers import Powers
from tests.portal.house import CATALOG

JARGON = re.compile(
    r"_|\b(past.due|trialing|incomplete|unpaid|uncollectible|void|none|null|true|false)\b", re.I
)
"""What nobody should read on a page: names of ours, and statuses as processors write them."""

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
MONTH_ENDS = datetime(2026, 4, 1, tzinfo=UTC)
ALL = Powers(can_end_later=True, can_end_now=True, can_keep=True, has_own_pages=True)
ROW = {
    "processor": "fake",
    "remote_at": NOW,
    "unreadable": None,
    "gone_at": None,
    "seen": 1,
    "created_at": NOW,
    "updated_at": NOW,
    "customer_id": "acus_1",
    "customer_ref": "cus_1",
    "collection": "charge",
}


def a_subscription(**changes: object) -> Subscription:
    values = {
        **ROW,
        "id": "asub_1",
        "ref": "sub_1",
        "status": SubscriptionStatus.ACTIVE,
        "currency": "usd",
        "cancel_at_period_end": False,
        "cancel_at": None,
        "canceled_at": None,
        "ended_at": None,
        "cancel_reason": None,
        "started_at": NOW,
        "trial_start": None,
        "trial_end": None,
        "trial_announced": None,
        "collection_paused": None,
        "collection_resumes_at": None,
        "pending_until": None,
        "default_payment_method": None,
        "latest_invoice": None,
        "coupons": (),
        "automatic_tax": False,
        "schedule": None,
        "metadata": {},
    }
    return Subscription(**{**values, **changes})  # type: ignore[arg-type]


def an_invoice(**changes: object) -> Invoice:
    amounts = dict.fromkeys(("subtotal", "total", "amount_due", "amount_remaining"), 2000)
    nothing = dict.fromkeys(("discount", "tax", "amount_paid"), 0)
    values = {
        **ROW,
        **{f"{name}_minor": amount for name, amount in {**amounts, **nothing}.items()},
        **dict.fromkeys(("next_attempt_at", "period_start", "period_end", "due_at", "paid_at")),
        "id": "ainv_1",
        "ref": "in_1",
        "subscription_id": "asub_1",
        "subscription_ref": "sub_1",
        "status": InvoiceStatus.OPEN,
        "number": "F1",
        "currency": "usd",
        "billing_reason": "subscription_cycle",
        "attempts": 0,
        "finalized_at": NOW,
        "voided_at": None,
        "lines": (a_line(),),
    }
    return Invoice(**{**values, **changes})  # type: ignore[arg-type]


def a_line(**changes: object) -> InvoiceLine:
    values = {
        "id": "ainl_1",
        "invoice_id": "ainv_1",
        "position": 0,
        "ref": "il_1",
        "description": "1 × Pro plan",
        "amount_minor": 2000,
        "currency": "usd",
        "quantity": 1,
        "price": "price_pro",
        "period_start": datetime(2026, 3, 1, tzinfo=UTC),
        "period_end": MONTH_ENDS,
        "is_proration": False,
        "subscription_item": None,
    }
    return InvoiceLine(**{**values, **changes})  # type: ignore[arg-type]


def a_card(**changes: object) -> PaymentMethod:
    values = {
        **{name: value for name, value in ROW.items() if name != "collection"},
        "id": "apm_1",
        "ref": "pm_1",
        "type": "card",
        "brand": "visa",
        "last4": "4242",
        "exp_month": 3,
        "exp_year": 2026,
        "fingerprint": None,
    }
    return PaymentMethod(**{**values, **changes})  # type: ignore[arg-type]


def a_holding(subscription: Subscription, **changes: object) -> Holding:
    values = {
        "subscription": subscription,
        "name": Name("Pro", "Pro"),
        "plans": (CATALOG.plan("pro"),),
        "is_open": subscription.is_entitling,
        "closes": ("Reports",) if subscription.is_entitling else (),
        "stays": ("Notes",),
        "closed": () if subscription.is_entitling else ("Reports",),
        "powers": ALL,
        "now": NOW,
    }
    return Holding(**{**values, **changes})  # type: ignore[arg-type]
