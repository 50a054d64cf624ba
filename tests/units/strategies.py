"""Generated snapshots of all nouns, and the rows that follow from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from accrue_core.app import MIRRORS
from accrue_core.contracts.checkout import CheckoutSessionSnapshot, CheckoutStatus
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.invoices import (
    InvoiceLineSnapshot,
    InvoicePaymentSnapshot,
    InvoiceSnapshot,
    InvoiceStatus,
)
from accrue_core.contracts.payment_methods import PaymentMethodSnapshot
from accrue_core.contracts.schedules import PhaseSnapshot, ScheduleSnapshot, ScheduleStatus
from accrue_core.contracts.subscriptions import (
    COMP_COUPON,
    NewItem,
    SubscriptionItemSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.mirror.thing import Thing
from accrue_core.money import Money, minor_digits
from accrue_core.owners import Owner

CURRENCIES = sorted(minor_digits())
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

currencies = st.sampled_from(CURRENCIES)
minors = st.integers(-(2**53), 2**53)
moneys = st.builds(Money, minors, currencies)
refs = st.from_regex(r"[a-z]{2,4}_[A-Za-z0-9]{4,12}", fullmatch=True)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
maybe_moments = st.none() | moments
maybe_refs = st.none() | refs
maybe_words = st.none() | words
quantities = st.none() | st.integers(0, 10_000)

owners = st.builds(Owner, st.sampled_from(["team", "user"]), st.integers(1, 999).map(str))

customer_snapshots = st.builds(
    CustomerSnapshot,
    ref=refs,
    owner=st.none() | owners,
    name=maybe_words,
    email=maybe_words,
    currency=st.none() | currencies,
    default_payment_method=maybe_refs,
    moved_by=maybe_refs,
    locale=st.none() | st.sampled_from(["de", "pt-BR"]),
    timezone=st.none() | st.sampled_from(["UTC", "Europe/Lisbon"]),
    tax_location=st.sampled_from(["unknown", "recognized", "unrecognized"]),
    metadata=st.dictionaries(words, words, max_size=3),
    created_at=maybe_moments,
)
payment_method_snapshots = st.builds(
    PaymentMethodSnapshot,
    ref=refs,
    customer=maybe_refs,
    type=st.sampled_from(["card", "sepa_debit", "other"]),
    brand=st.none() | st.sampled_from(["visa", "mastercard"]),
    last4=st.none() | st.from_regex(r"[0-9]{4}", fullmatch=True),
    exp_month=st.none() | st.integers(1, 12),
    exp_year=st.none() | st.integers(2020, 2099),
    fingerprint=maybe_refs,
    created_at=maybe_moments,
)
item_snapshots = st.builds(
    SubscriptionItemSnapshot,
    ref=refs,
    price=refs,
    quantity=quantities,
    product=maybe_refs,
    current_period_start=maybe_moments,
    current_period_end=maybe_moments,
)
subscription_snapshots = st.builds(
    SubscriptionSnapshot,
    ref=refs,
    customer=refs,
    status=st.sampled_from(SubscriptionStatus),
    items=st.lists(item_snapshots, max_size=3, unique_by=lambda item: item.ref).map(tuple),
    collection=st.sampled_from(["charge", "invoice"]),
    currency=st.none() | currencies,
    cancel_at_period_end=st.booleans(),
    cancel_at=maybe_moments,
    canceled_at=maybe_moments,
    ended_at=maybe_moments,
    started_at=maybe_moments,
    trial_start=maybe_moments,
    trial_end=maybe_moments,
    collection_paused=st.none() | st.sampled_from(["void", "keep_as_draft", "other"]),
    collection_resumes_at=maybe_moments,
    pending_until=maybe_moments,
    default_payment_method=maybe_refs,
    latest_invoice=maybe_refs,
    cancel_reason=st.none() | st.sampled_from(["unused", "too_expensive"]),
    coupons=st.lists(refs | st.just(COMP_COUPON), max_size=2, unique=True).map(tuple),
    automatic_tax=st.booleans(),
    schedule=maybe_refs,
    metadata=st.dictionaries(words, words, max_size=3),
    created_at=maybe_moments,
)


@st.composite
def invoice_snapshots(draw: st.DrawFn, currency: str | None = None) -> InvoiceSnapshot:
    """Return an invoice with all of its amounts in one currency."""
    code = currency or draw(currencies)
    amounts = st.builds(Money, minors, st.just(code))
    line = st.builds(
        InvoiceLineSnapshot,
        ref=refs,
        amount=amounts,
        description=maybe_words,
        quantity=quantities,
        price=maybe_refs,
        period_start=maybe_moments,
        period_end=maybe_moments,
        is_proration=st.booleans(),
        subscription_item=maybe_refs,
    )
    payment = st.builds(
        InvoicePaymentSnapshot,
        ref=refs,
        amount=amounts,
        status=st.sampled_from(["paid", "open", "canceled"]),
        payment=maybe_refs,
        paid_at=maybe_moments,
    )
    return draw(
        st.builds(
            InvoiceSnapshot,
            ref=refs,
            customer=refs,
            status=st.sampled_from(InvoiceStatus),
            subscription=maybe_refs,
            currency=st.just(code),
            subtotal=amounts,
            discount=amounts,
            tax=amounts,
            total=amounts,
            amount_due=amounts,
            amount_paid=amounts,
            amount_remaining=amounts,
            lines=st.lists(line, max_size=3, unique_by=lambda one: one.ref).map(tuple),
            payments=st.lists(payment, max_size=2, unique_by=lambda one: one.ref).map(tuple),
            number=st.none() | st.from_regex(r"[A-Z]{3}-[0-9]{4}", fullmatch=True),
            billing_reason=st.none() | st.just("subscription_cycle"),
            collection=st.sampled_from(["charge", "invoice"]),
            attempts=st.integers(0, 5),
            next_attempt_at=maybe_moments,
            period_start=maybe_moments,
            period_end=maybe_moments,
            due_at=maybe_moments,
            finalized_at=maybe_moments,
            paid_at=maybe_moments,
            voided_at=maybe_moments,
            created_at=maybe_moments,
        )
    )


checkout_snapshots = st.builds(
    CheckoutSessionSnapshot,
    ref=refs,
    customer=maybe_refs,
    status=st.sampled_from(CheckoutStatus),
    subscription=maybe_refs,
    expires_at=maybe_moments,
    created_at=maybe_moments,
)
phase_snapshots = st.builds(
    PhaseSnapshot,
    items=st.lists(
        st.builds(NewItem, price=refs, quantity=st.integers(1, 9)), min_size=1, max_size=2
    ).map(tuple),
    starts_at=moments,
    ends_at=moments,
    proration=st.sampled_from(["create_prorations", "always_invoice", "none"]),
    is_trial=st.booleans(),
    coupon=maybe_refs,
)
schedule_snapshots = st.builds(
    ScheduleSnapshot,
    ref=refs,
    customer=refs,
    subscription=maybe_refs,
    status=st.sampled_from(ScheduleStatus),
    phases=st.lists(phase_snapshots, max_size=3).map(tuple),
    end_behavior=st.sampled_from(["release", "cancel"]),
    current_phase_start=maybe_moments,
    current_phase_end=maybe_moments,
    released_at=maybe_moments,
    canceled_at=maybe_moments,
    completed_at=maybe_moments,
    metadata=st.dictionaries(words, words, max_size=3),
    created_at=maybe_moments,
)
snapshots = (
    customer_snapshots
    | payment_method_snapshots
    | subscription_snapshots
    | invoice_snapshots()
    | checkout_snapshots
    | schedule_snapshots
)


def snapshots_of(noun: str) -> st.SearchStrategy[Any]:
    """Return the strategy for one noun."""
    return {
        "customer": customer_snapshots,
        "payment_method": payment_method_snapshots,
        "subscription": subscription_snapshots,
        "invoice": invoice_snapshots(),
        "checkout_session": checkout_snapshots,
        "schedule": schedule_snapshots,
    }[noun]


pairs = st.sampled_from([mirror.noun for mirror in MIRRORS.mirrors]).flatmap(
    lambda noun: st.tuples(snapshots_of(noun), snapshots_of(noun))
)
"""Two snapshots of one noun, drawn as one: an async test cannot draw while it runs."""


class CountedIds:
    """Ids that are the same on every run."""

    def __init__(self) -> None:
        self.last = 0

    def new(self) -> UUID:
        """Return the next number."""
        self.last += 1
        return UUID(int=self.last)


def thing_of(snapshot: Any, before: Any = None) -> Thing:
    """Return what the mirror makes of a snapshot, before anything is written."""
    mirror = MIRRORS.of(snapshot)
    thing = Thing((mirror.noun, "fake", snapshot.ref), mirror, snapshot, 1, "test:", before)
    reduction = mirror.reduce(before, snapshot)
    thing.values = {**reduction.columns, "unreadable": None, "gone_at": None}
    thing.events = list(reduction.events)
    thing.children = {
        attribute: [dict(child) for child in children]
        for attribute, children in reduction.children.items()
    }
    return thing


def row_of(snapshot: Any) -> Any:
    """Return the row that a first sight of a snapshot leads to."""
    thing = thing_of(snapshot)
    thing.values |= {
        "id": f"{thing.mirror.prefix}_{'0' * 26}",
        "processor": "fake",
        "ref": snapshot.ref,
        "seen": 1,
        "created_at": NOW,
        "updated_at": NOW,
        **{parent.id_column: None for parent in thing.mirror.parents},
    }
    thing.name_children(CountedIds())
    return thing.row()
