"""What pages say: about every event there is, every status, and every consequence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accrue_admin import copy
from accrue_admin.consequences import Situation, consequences, offered, only_granted_by
from accrue_admin.sentences import EVENTS, TYPES, tell, tell_stored
from accrue_core.billing.catalog import Catalog
from accrue_core.billing.checkout import events as checkout_events
from accrue_core.billing.customers import events as customer_events
from accrue_core.billing.entitlements.resolve import Access, Grant
from accrue_core.billing.invoices import events as invoice_events
from accrue_core.billing.invoices.models import Invoice
from accrue_core.billing.payment_methods import events as payment_method_events
from accrue_core.billing.schedules import events as schedule_events
from accrue_core.billing.subscriptions import events as subscription_events
from accrue_core.billing.subscriptions.models import Subscription, SubscriptionItem
from accrue_core.contracts.handlers import LedgerEntryView
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.processor import REQUESTS
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.ledger.events import LedgerEvent
from accrue_core.ledger.models import LedgerEntry
from tests.stage import CATALOG

NOW = datetime(2026, 3, 10, tzinfo=UTC)
END = datetime(2026, 4, 1, tzinfo=UTC)
MODULES = (
    checkout_events, customer_events, invoice_events, payment_method_events, schedule_events,
    subscription_events,
)  # fmt: skip

ITEM = SubscriptionItem(
    id="asit_1",
    subscription_id="asub_1",
    position=0,
    ref="si_1",
    price="price_pro",
    product=None,
    quantity=1,
    current_period_start=datetime(2026, 3, 1, tzinfo=UTC),
    current_period_end=END,
)
SUB = Subscription(
    id="asub_1",
    processor="fake",
    ref="sub_1",
    remote_at=NOW,
    unreadable=None,
    gone_at=None,
    seen=1,
    created_at=NOW,
    updated_at=NOW,
    customer_id="acus_1",
    customer_ref="cus_1",
    status=SubscriptionStatus.ACTIVE,
    collection="charge",
    currency="usd",
    cancel_at_period_end=False,
    cancel_at=None,
    canceled_at=None,
    ended_at=None,
    cancel_reason=None,
    started_at=NOW,
    trial_start=None,
    trial_end=None,
    trial_announced=None,
    collection_paused=None,
    collection_resumes_at=None,
    pending_until=None,
    default_payment_method=None,
    latest_invoice=None,
    coupons=(),
    automatic_tax=False,
    schedule=None,
    metadata={},
    items=(ITEM,),
)
INVOICE = Invoice(
    id="ainv_1",
    processor="fake",
    ref="in_1",
    remote_at=NOW,
    unreadable=None,
    gone_at=None,
    seen=1,
    created_at=NOW,
    updated_at=NOW,
    customer_id="acus_1",
    customer_ref="cus_1",
    subscription_id="asub_1",
    subscription_ref="sub_1",
    status=InvoiceStatus.PAID,
    number="F-1",
    currency="usd",
    subtotal_minor=2000,
    discount_minor=0,
    tax_minor=0,
    total_minor=2000,
    amount_due_minor=2000,
    amount_paid_minor=2000,
    amount_remaining_minor=0,
    billing_reason=None,
    collection="charge",
    attempts=1,
    next_attempt_at=None,
    period_start=None,
    period_end=None,
    due_at=None,
    finalized_at=NOW,
    paid_at=NOW,
    voided_at=None,
)
OPEN = replace(
    INVOICE,
    id="ainv_2",
    number="F-2",
    status=InvoiceStatus.OPEN,
    amount_paid_minor=0,
    amount_remaining_minor=2000,
)


def situation(sub: Subscription = SUB, *invoices: Invoice, only: frozenset[str]) -> Situation:
    return Situation(subscription=sub, invoices=invoices, only_here=only, now=NOW)


REPORTS = frozenset({"reports", "export"})


def event_types() -> set[str]:
    return {
        event.type
        for module in MODULES
        for event in vars(module).values()
        if isinstance(event, type) and issubclass(event, LedgerEvent) and event is not LedgerEvent
    }


def test_every_event_that_core_writes_has_words() -> None:
    assert event_types() == set(EVENTS)
    assert event_types() < set(TYPES)


def told(type_: str, **data: object) -> str:
    entry = LedgerEntryView(
        id="aled_1",
        type=type_,
        subject="asub_1",
        customer_id=None,
        sequence=1,
        at=NOW,
        actor="system",
        cause="operation:1",
        data=data,
        after={},
    )
    return tell(entry).sentence


@pytest.mark.parametrize(
    ("type_", "data", "sentence"),
    [
        ("subscription.started", {"status": "active", "prices": []},
         "Subscription started, active"),
        ("subscription.cancellation_scheduled", {"at_period_end": True, "cancel_at": None},
         "Set to end with the period"),
        ("subscription.cancellation_scheduled",
         {"at_period_end": False, "cancel_at": "2026-04-01T00:00:00.000000Z"},
         "Set to end on 1 Apr 2026"),
        ("invoice.payment_failed", {"attempts": 2, "amount_remaining": 2000, "currency": "usd"},
         "Payment failed, attempt 2: $20.00 still due"),
        ("invoice.paid", {"amount_paid": 10500, "currency": "iqd"}, "Invoice paid: IQD 10.500"),
        ("payment_method.updated", {"noun": "payment_method", "changed": ["exp_month", "last4"]},
         "Payment method changed: exp month, last4"),
        ("subscription.items_changed", {"before": [], "after": ["price_a x 1", "price_b x 3"]},
         "Items changed to price_a, price_b × 3"),
        ("subscription.collection_paused", {"behavior": "void"},
         "Collection paused: invoices are voided"),
        ("subscription.collection_paused", {"behavior": "other"},
         "Subscription collection paused"),
        ("schedule.phase_entered", {"place": 1, "until": "2026-04-01T00:00:00.000000Z"},
         "Phase 2 of the schedule began, until 1 Apr 2026"),
        ("customer.moved", {"before": "", "after": "team:7"},
         "Moved to the owner team:7, was nobody’s"),
        ("invoice.gone", {"noun": "invoice"}, "Invoice deleted at the processor"),
        ("host.moved_house", {}, "Host moved house"),
        ("invoice.paid", {}, "Invoice paid"),
        ("invoice.paid", {"amount_paid": "x", "currency": "usd"}, "Invoice paid"),
    ],
)  # fmt: skip
def test_an_entry_is_told_in_a_sentence(type_: str, data: dict[str, object], sentence: str) -> None:
    assert told(type_, **data) == sentence


def test_bytes_that_are_no_entry_are_told_to_be_none() -> None:
    entry = LedgerEntry(
        id="aled_1", chain="c", sequence=1, type="invoice.paid", subject="ainv_1",
        customer_id=None, at=NOW, body=b"{", hash=b"",
    )  # fmt: skip

    assert not tell_stored(entry).is_readable
    assert "verify the ledger" in tell_stored(entry).sentence


def test_every_request_there_is_has_a_name() -> None:
    assert set(copy.METHODS) == set(REQUESTS)


@pytest.mark.parametrize("status", SubscriptionStatus)
def test_every_status_of_a_subscription_is_explained(status: SubscriptionStatus) -> None:
    words = copy.subscription_means(replace(SUB, status=status, trial_end=END))

    assert words.endswith(".")
    assert "None" not in words
    assert status.value not in words or status.value in ("active", "incomplete", "paused")


def test_every_status_of_an_invoice_is_explained() -> None:
    assert set(copy.INVOICE_MEANS) == set(InvoiceStatus)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unreadable": "hibernating"}, "calls it “hibernating”"),
        ({"gone_at": NOW}, "deleted it"),
        ({"cancel_at_period_end": True}, "set to end on 1 April 2026"),
        ({"collection_paused": "void"}, "Collection is paused"),
        ({"status": SubscriptionStatus.CANCELED, "ended_at": NOW}, "It ended on 10 March 2026"),
    ],
)
def test_what_stands_in_the_way_is_said(change: dict[str, object], words: str) -> None:
    assert words in copy.subscription_means(replace(SUB, **change))  # type: ignore[arg-type]


def test_canceling_now_names_what_closes_what_was_paid_and_what_stays_owed() -> None:
    assert consequences("now", situation(SUB, OPEN, INVOICE, only=REPORTS)) == [
        "Access ends at once: export, reports.",
        "$20.00 was paid for the time until 1 April 2026. Nothing of it is refunded.",
        "It cannot be brought back: the owner would have to subscribe again.",
        "Invoice F-2 stays open: $20.00 is still owed.",
    ]


def test_canceling_a_trial_takes_no_money() -> None:
    trial = replace(SUB, status=SubscriptionStatus.TRIALING, trial_end=END)

    now = consequences("now", situation(trial, only=REPORTS))
    later = consequences("period_end", situation(trial, only=REPORTS))

    assert "The trial until 1 April 2026 is over; nothing is charged." in now
    assert "The first payment, due on that day, is not taken." in later


def test_canceling_what_grants_nothing_closes_nothing() -> None:
    owing = replace(SUB, status=SubscriptionStatus.PAST_DUE)

    assert consequences("now", situation(owing, only=frozenset()))[0] == (
        "It grants nothing as it stands, so no access is lost."
    )
    assert consequences("now", situation(SUB, only=frozenset()))[0] == (
        "No access is lost: everything it grants is granted elsewhere, too."
    )


def test_canceling_later_names_the_day_and_the_money_that_is_not_drawn() -> None:
    assert consequences("period_end", situation(SUB, INVOICE, only=REPORTS)) == [
        "It grants export, reports until 1 April 2026, and ends then.",
        "The renewal on that day, $20.00 last time, is not drawn.",
        "Until then it can be kept.",
    ]


def test_an_old_payment_is_not_what_the_time_left_has_cost() -> None:
    over = replace(SUB, items=(replace(ITEM, current_period_end=NOW - timedelta(days=1)),))

    assert not any(
        "refunded" in said for said in consequences("now", situation(over, INVOICE, only=REPORTS))
    )


@pytest.mark.parametrize(
    ("change", "actions"),
    [
        ({}, ["period_end", "at", "now"]),
        ({"cancel_at_period_end": True}, ["keep", "at", "now"]),
        ({"status": SubscriptionStatus.INCOMPLETE}, ["now"]),
        ({"schedule": "sub_sched_1"}, ["now"]),
        ({"schedule": "sub_sched_1", "cancel_at": END}, ["now"]),
        ({"status": SubscriptionStatus.CANCELED}, []),
        ({"gone_at": NOW}, []),
    ],
)
def test_only_what_makes_sense_is_offered(change: dict[str, object], actions: list[str]) -> None:
    assert offered(replace(SUB, **change)) == actions  # type: ignore[arg-type]


def test_features_that_come_from_elsewhere_too_are_not_lost() -> None:
    def grant(subscription_id: str | None, plan: str) -> Grant:
        return Grant(
            subscription_id=subscription_id, price=None, plan=plan, is_granted=True, reason=""
        )

    both = Access(
        plans=frozenset({"pro", "basic", "free"}),
        paid_plans=frozenset({"pro", "basic"}),
        features=frozenset({"reports", "export", "notes"}),
        grants=(grant("asub_1", "pro"), grant("asub_2", "basic"), grant(None, "free")),
    )

    assert only_granted_by("asub_1", both, CATALOG) == {"reports"}
    assert only_granted_by("asub_2", both, CATALOG) == frozenset()
    nothing = Access(plans=frozenset(), paid_plans=frozenset(), features=frozenset(), grants=())
    assert only_granted_by("asub_1", nothing, Catalog()) == frozenset()
