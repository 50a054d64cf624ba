"""What has to be read about a subscription before an operator can be told what a deed means."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_admin.consequences import granted_elsewhere
from accrue_core.billing.customers import queries as customers
from accrue_core.billing.customers.models import Customer
from accrue_core.billing.payment_methods import queries as payment_methods
from accrue_core.billing.payment_methods.models import PaymentMethod
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.capabilities import SupportTable
from accrue_core.facade import Billing
from accrue_core.pages.words import label


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A subscription with its customer, what pays for it, and what it alone grants.

    ``elsewhere`` are the features that the owner has through something else.
    """

    subscription: Subscription
    customer: Customer | None
    method: str | None
    only_here: frozenset[str]
    elsewhere: frozenset[str]


async def dossier_of(billing: Billing, subscription: Subscription) -> Dossier:
    """Read what is known around a subscription. No processor is asked."""
    async with billing.reading() as reading:
        ids = [subscription.customer_id] if subscription.customer_id else []
        customer = next(iter((await customers.by_ids(reading, ids)).values()), None)
        methods = await payment_methods.of_customers(reading, ids)
    elsewhere: frozenset[str] = frozenset()
    only_here: frozenset[str] = frozenset()
    if customer is not None and customer.owner is not None:
        access = await billing.explain_access(customer.owner)
        elsewhere = granted_elsewhere(subscription.id, access, billing.catalog)
        only_here = access.features - elsewhere
    return Dossier(
        subscription=subscription,
        customer=customer,
        method=_charged(subscription, customer, methods),
        only_here=only_here,
        elsewhere=elsewhere,
    )


def table_of(billing: Billing, subscription: Subscription) -> SupportTable | None:
    """Return what a subscription's processor can do; ``None`` when it is not installed."""
    processor = billing.plugins.processors.get(subscription.processor)
    return None if processor is None else processor.support


def _charged(
    subscription: Subscription, customer: Customer | None, methods: list[PaymentMethod]
) -> str | None:
    """Return what would be charged, in words: the subscription's own, else the default."""
    own = {method.ref: method for method in methods}
    default = None if customer is None else customer.default_payment_method
    for ref in (subscription.default_payment_method, default):
        if ref in own:
            method = own[ref]
            kind = label(method.brand or method.type)
            return f"{kind} ending in {method.last4}" if method.last4 else kind
    return None
