"""Everything an owner's pages show, read at once and put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from litestar.exceptions import NotFoundException

from accrue_core.billing.catalog import Catalog, Plan
from accrue_core.billing.customers import queries as customers
from accrue_core.billing.customers.models import Customer
from accrue_core.billing.entitlements import queries as entitlements
from accrue_core.billing.entitlements.resolve import Access, resolve
from accrue_core.billing.invoices import queries as invoices
from accrue_core.billing.invoices.models import Invoice
from accrue_core.billing.payment_methods import queries as payment_methods
from accrue_core.billing.payment_methods.models import PaymentMethod
from accrue_core.billing.subscriptions import queries as subscriptions
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.facade import Billing
from accrue_core.owners import Owner
from accrue_portal.costs import Cost, cost_of
from accrue_portal.names import Method, Name, feature_words, method_of, name_of, plans_of
from accrue_portal.powers import Powers, powers_of

RECENT = 48
"""How many invoices are read along: what is said of costs and debts is said from these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One subscription of the owner, with what belongs to it.

    ``closes`` are the features that nothing else would open if it ended now, ``stays`` those that
    would remain; ``closed`` are those of its plans that are not open at present. ``debt`` is an
    invoice of it that waits to be paid.
    """

    subscription: Subscription
    name: Name
    plans: tuple[Plan, ...]
    is_open: bool
    closes: tuple[str, ...]
    stays: tuple[str, ...]
    closed: tuple[str, ...]
    powers: Powers
    now: datetime
    cost: Cost | None = None
    debt: Invoice | None = None
    method: Method | None = None
    invoices: tuple[Invoice, ...] = ()

    @property
    def id(self) -> str:
        """Our id of the subscription."""
        return self.subscription.id

    @property
    def is_over(self) -> bool:
        """Whether it has ended, also if the webhook that says so is still on its way."""
        ends_at = self.subscription.ends_at
        has_passed = ends_at is not None and ends_at <= self.now
        return self.subscription.is_ended or self.subscription.gone_at is not None or has_passed

    @property
    def is_ending(self) -> bool:
        """Whether it will end, and has not yet."""
        return self.subscription.is_ending and not self.is_over


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """Where the owner pays: the payment methods at one processor, the one that is charged first."""

    processor: str
    methods: tuple[Method, ...]
    has_default: bool
    powers: Powers


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What one owner has: subscriptions and invoices newest first."""

    customers: tuple[Customer, ...]
    holdings: tuple[Holding, ...]
    tills: tuple[Till, ...]
    invoices: tuple[Invoice, ...]
    access: Access
    now: datetime

    @property
    def running(self) -> tuple[Holding, ...]:
        """The subscriptions that have not ended."""
        return tuple(holding for holding in self.holdings if not holding.is_over)

    @property
    def over(self) -> tuple[Holding, ...]:
        """The subscriptions that have."""
        return tuple(holding for holding in self.holdings if holding.is_over)

    @property
    def is_test(self) -> bool:
        """Whether any of it is at a processor that moves no real money."""
        return any(till.powers.is_test for till in self.tills)

    def holding(self, subscription_id: str) -> Holding | None:
        """Return one of the owner's subscriptions; anybody else's is not there."""
        return next((one for one in self.holdings if one.id == subscription_id), None)


def is_shown(invoice: Invoice) -> bool:
    """Whether an invoice is the customer's business: drafts may still change or go away."""
    return invoice.status != InvoiceStatus.DRAFT and invoice.gone_at is None


async def read_account(billing: Billing, owner: Owner) -> Account:
    """Return what an owner has. It asks the same of the database whatever a request has named."""
    now = billing.clock.now()
    async with billing.reading() as reading:
        held = await customers.of_owner(reading, owner, only_live=False)
        ids = [customer.id for customer in held]
        found = await subscriptions.of_customers(reading, ids)
        methods = await payment_methods.of_customers(reading, ids)
        recent = await invoices.of_customers(reading, ids, before=None, limit=RECENT)
        access = resolve(billing.catalog, await entitlements.held_by(reading, owner), now)
    powers = {name: powers_of(one) for name, one in billing.plugins.processors.items()}
    live = [customer for customer in held if customer.gone_at is None]
    shown = tuple(invoice for invoice in recent if is_shown(invoice))
    assemble = _Assembly(billing.catalog, live, methods, shown, access, powers, now)
    return Account(
        customers=tuple(live),
        holdings=tuple(assemble.holding(subscription) for subscription in found),
        tills=tuple(assemble.till(customer) for customer in live),
        invoices=shown,
        access=access,
        now=now,
    )


async def own(billing: Billing, owner: Owner, subscription_id: str) -> tuple[Account, Holding]:
    """Return one of the owner's subscriptions; anybody else's is as unknown as one of nobody."""
    account = await read_account(billing, owner)
    holding = account.holding(subscription_id)
    if holding is None:
        raise NotFoundException
    return account, holding


@dataclass(frozen=True, slots=True)
class _Assembly:
    catalog: Catalog
    customers: Sequence[Customer]
    methods: Sequence[PaymentMethod]
    invoices: Sequence[Invoice]
    access: Access
    powers: dict[str, Powers]
    now: datetime

    def holding(self, subscription: Subscription) -> Holding:
        plans = plans_of(subscription, self.catalog)
        invoices = tuple(one for one in self.invoices if one.subscription_id == subscription.id)
        left = self._features_without(subscription.id)
        return Holding(
            subscription=subscription,
            name=name_of(plans),
            plans=plans,
            is_open=any(
                grant.is_granted and grant.subscription_id == subscription.id
                for grant in self.access.grants
            ),
            closes=feature_words(self.access.features - left),
            stays=feature_words(left),
            closed=feature_words(
                feature
                for plan in plans
                for feature in plan.features
                if feature not in self.access.features
            ),
            powers=self.powers.get(subscription.processor, Powers()),
            now=self.now,
            cost=cost_of(invoices),
            debt=next((one for one in invoices if one.is_collectable), None),
            method=self._charged(subscription),
            invoices=invoices,
        )

    def till(self, customer: Customer) -> Till:
        default = customer.default_payment_method
        own = [method for method in self.methods if method.customer_id == customer.id]
        ordered = sorted(own, key=lambda method: method.ref != default)
        return Till(
            processor=customer.processor,
            methods=tuple(method_of(method, self.now) for method in ordered),
            has_default=any(method.ref == default for method in own),
            powers=self.powers.get(customer.processor, Powers()),
        )

    def _charged(self, subscription: Subscription) -> Method | None:
        """Return what is charged: the subscription's own method if it is there, or the default."""
        own = {one.ref: one for one in self.methods if one.customer_id == subscription.customer_id}
        for ref in (subscription.default_payment_method, self._default(subscription.customer_id)):
            if ref in own:
                return method_of(own[ref], self.now)
        return None

    def _default(self, customer_id: str | None) -> str | None:
        return next(
            (one.default_payment_method for one in self.customers if one.id == customer_id), None
        )

    def _features_without(self, subscription_id: str) -> frozenset[str]:
        plans: Iterable[str] = (
            grant.plan
            for grant in self.access.grants
            if grant.is_granted and grant.plan and grant.subscription_id != subscription_id
        )
        return frozenset().union(*(self.catalog.plan(key).features for key in plans))
