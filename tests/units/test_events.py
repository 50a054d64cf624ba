"""Which event each change leads to, and that no event is only written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accrue_core.billing.customers import events as of_customers
from accrue_core.billing.invoices import events as of_invoices
from accrue_core.billing.payment_methods import events as of_payment_methods
from accrue_core.billing.schedules import events as of_schedules
from accrue_core.billing.subscriptions import events as of_subscriptions
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.events import TRIAL_ENDING
from accrue_core.contracts.invoices import InvoiceSnapshot, InvoiceStatus
from accrue_core.contracts.payment_methods import PaymentMethodSnapshot
from accrue_core.contracts.schedules import PhaseSnapshot, ScheduleSnapshot, ScheduleStatus
from accrue_core.contracts.subscriptions import (
    COMP_COUPON,
    NewItem,
    SubscriptionItemSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.ledger.events import Gone, LedgerEvent, Unreadable, Updated
from accrue_core.money import Money
from accrue_core.owners import Owner
from tests.units.strategies import row_of, thing_of

T0 = datetime(2026, 3, 1, tzinfo=UTC)
MONTH = timedelta(days=31)
S, I, P = SubscriptionStatus, InvoiceStatus, ScheduleStatus  # noqa: E741

CUSTOMER = CustomerSnapshot(ref="cus_1", owner=None, name="N", email="e", currency="usd")
CARD = PaymentMethodSnapshot(ref="pm_1", customer="cus_1", type="card", last4="4242")
ITEM = SubscriptionItemSnapshot(
    ref="si_1", price="p_pro", quantity=2, current_period_start=T0, current_period_end=T0 + MONTH
)
SUB = SubscriptionSnapshot(ref="sub_1", customer="cus_1", status=S.ACTIVE, items=(ITEM,))
USD = Money(2000, "usd")
ZERO = Money(0, "usd")
INVOICE = InvoiceSnapshot(
    ref="in_1",
    customer="cus_1",
    status=I.OPEN,
    subscription="sub_1",
    currency="usd",
    subtotal=USD,
    discount=ZERO,
    tax=ZERO,
    total=USD,
    amount_due=USD,
    amount_paid=ZERO,
    amount_remaining=USD,
    lines=(),
    attempts=1,
)
NOW_PHASE, LATER = (
    PhaseSnapshot(
        items=(NewItem(price="p_pro"),), starts_at=T0 + n * MONTH, ends_at=T0 + (n + 1) * MONTH
    )
    for n in (0, 1)
)
SCHEDULE = ScheduleSnapshot(
    ref="sub_sched_1",
    customer="cus_1",
    subscription="sub_1",
    status=ScheduleStatus.ACTIVE,
    phases=(NOW_PHASE, LATER),
    current_phase_start=NOW_PHASE.starts_at,
    current_phase_end=NOW_PHASE.ends_at,
)
ENDING: dict[str, Any] = {"cancel_at_period_end": True, "cancel_at": T0 + MONTH}
STARTED = "subscription.started"

CHANGES: list[tuple[Any, Any, list[tuple[str, dict[str, Any]]]]] = [
    (None, CUSTOMER, [("customer.created", {})]),
    (
        CUSTOMER,
        replace(CUSTOMER, default_payment_method="pm_1", name="M"),
        [("customer.default_payment_method_changed", {"before": None, "after": "pm_1"})],
    ),
    (CUSTOMER, replace(CUSTOMER, email="other"), []),
    (CUSTOMER, replace(CUSTOMER, metadata={"a": "b"}, locale="de"), []),
    (
        replace(CUSTOMER, owner=Owner("user", "1")),
        replace(CUSTOMER, owner=Owner("team", "7"), moved_by="aop_1"),
        [("customer.moved", {"before": "user:1", "after": "team:7"})],
    ),
    (
        CUSTOMER,
        replace(CUSTOMER, tax_location="recognized"),
        [("customer.tax_location_updated", {"before": "unknown", "after": "recognized"})],
    ),
    (None, CARD, [("payment_method.attached", {})]),
    (None, replace(CARD, customer=None), []),
    (CARD, replace(CARD, customer=None), [("payment_method.detached", {})]),
    (replace(CARD, customer=None), CARD, [("payment_method.attached", {})]),
    (CARD, replace(CARD, customer="cus_2"), [("payment_method.attached", {})]),
    (CARD, replace(CARD, exp_year=2031), []),
    (None, SUB, [(STARTED, {"status": "active", "prices": ["p_pro"]})]),
    (
        None,
        replace(SUB, coupons=(COMP_COUPON,)),
        [(STARTED, {"status": "active", "prices": ["p_pro"]}), ("subscription.comped", {})],
    ),
    (SUB, replace(SUB, coupons=("half",)), []),
    (
        replace(SUB, status=S.TRIALING, trial_end=T0),
        replace(SUB, status=S.TRIALING, trial_end=T0, announced=TRIAL_ENDING),
        [("subscription.trial_ending", {"trial_end": "2026-03-01T00:00:00.000000Z"})],
    ),
    (SUB, replace(SUB, status=S.PAST_DUE), [("subscription.past_due", {"before": "active"})]),
    (
        replace(SUB, status=S.TRIALING),
        SUB,
        [("subscription.activated", {"before": "trialing"})],
    ),
    (
        SUB,
        replace(SUB, status=S.CANCELED, ended_at=T0, cancel_at=T0),
        [("subscription.ended", {"before": "active", "status": "canceled"})],
    ),
    (
        replace(SUB, status=S.INCOMPLETE),
        replace(SUB, status=S.INCOMPLETE_EXPIRED),
        [("subscription.ended", {"before": "incomplete", "status": "incomplete_expired"})],
    ),
    *(
        (
            replace(SUB, status=S.PAST_DUE),
            replace(SUB, status=status),
            [("subscription.status_changed", {"before": "past_due", "after": status.value})],
        )
        for status in (S.UNPAID, S.PAUSED, S.TRIALING, S.INCOMPLETE)
    ),
    (
        SUB,
        replace(SUB, **ENDING),
        [
            (
                "subscription.cancellation_scheduled",
                {"at_period_end": True, "cancel_at": "2026-04-01T00:00:00.000000Z"},
            )
        ],
    ),
    (
        SUB,
        replace(SUB, cancel_at_period_end=True),
        [("subscription.cancellation_scheduled", {"at_period_end": True, "cancel_at": None})],
    ),
    (replace(SUB, **ENDING), SUB, [("subscription.cancellation_undone", {})]),
    (
        SUB,
        replace(SUB, items=(replace(ITEM, current_period_end=T0 + 2 * MONTH),)),
        [("subscription.renewed", {"period_end": "2026-05-02T00:00:00.000000Z"})],
    ),
    (SUB, replace(SUB, items=(replace(ITEM, current_period_end=T0),)), []),
    (
        SUB,
        replace(SUB, items=(replace(ITEM, quantity=3),)),
        [("subscription.items_changed", {"before": ["p_pro x 2"], "after": ["p_pro x 3"]})],
    ),
    (
        SUB,
        replace(SUB, items=()),
        [("subscription.items_changed", {"before": ["p_pro x 2"], "after": []})],
    ),
    (
        SUB,
        replace(SUB, collection_paused="void"),
        [("subscription.collection_paused", {"behavior": "void"})],
    ),
    (
        replace(SUB, collection_paused="void"),
        replace(SUB, collection_paused="keep_as_draft"),
        [("subscription.collection_paused", {"behavior": "keep_as_draft"})],
    ),
    (replace(SUB, collection_paused="void"), SUB, [("subscription.collection_resumed", {})]),
    (
        SUB,
        replace(SUB, pending_until=T0),
        [("subscription.change_pending", {"until": "2026-03-01T00:00:00.000000Z"})],
    ),
    (replace(SUB, pending_until=T0), SUB, [("subscription.change_lapsed", {})]),
    (
        replace(SUB, pending_until=T0),
        replace(SUB, items=(replace(ITEM, quantity=3),)),
        [("subscription.items_changed", {"before": ["p_pro x 2"], "after": ["p_pro x 3"]})],
    ),
    (
        replace(SUB, trial_end=T0),
        replace(SUB, trial_end=T0 + MONTH),
        [
            (
                "subscription.trial_end_changed",
                {"before": "2026-03-01T00:00:00.000000Z", "after": "2026-04-01T00:00:00.000000Z"},
            )
        ],
    ),
    (SUB, replace(SUB, metadata={"a": "b"}), []),
    (
        None,
        replace(INVOICE, status=I.DRAFT, attempts=0),
        [("invoice.created", {"status": "draft", "total": 2000, "currency": "usd"})],
    ),
    (
        replace(INVOICE, status=I.DRAFT, attempts=0),
        replace(INVOICE, attempts=0),
        [("invoice.finalized", {"amount_due": 2000, "currency": "usd"})],
    ),
    (
        INVOICE,
        replace(INVOICE, status=I.PAID, attempts=2, amount_paid=USD, amount_remaining=ZERO),
        [("invoice.paid", {"amount_paid": 2000, "currency": "usd"})],
    ),
    (
        INVOICE,
        replace(INVOICE, attempts=2),
        [
            (
                "invoice.payment_failed",
                {"attempts": 2, "amount_remaining": 2000, "currency": "usd"},
            )
        ],
    ),
    (INVOICE, replace(INVOICE, status=I.VOID), [("invoice.voided", {})]),
    (
        INVOICE,
        replace(INVOICE, status=I.UNCOLLECTIBLE),
        [("invoice.marked_uncollectible", {"amount_remaining": 2000, "currency": "usd"})],
    ),
    (INVOICE, replace(INVOICE, number="A-1"), []),
    (
        None,
        SCHEDULE,
        [
            ("schedule.created", {"status": "active", "phases": 2}),
            ("schedule.phase_entered", {"place": 0, "until": "2026-04-01T00:00:00.000000Z"}),
        ],
    ),
    (
        SCHEDULE,
        replace(SCHEDULE, current_phase_start=LATER.starts_at, current_phase_end=LATER.ends_at),
        [("schedule.phase_entered", {"place": 1, "until": "2026-05-02T00:00:00.000000Z"})],
    ),
    (
        SCHEDULE,
        replace(SCHEDULE, phases=SCHEDULE.phases[:1]),
        [("schedule.planned", {"phases": 1})],
    ),
    *(
        (
            SCHEDULE,
            replace(SCHEDULE, status=status, current_phase_start=None, current_phase_end=None),
            [(f"schedule.{status.value}", {})],
        )
        for status in (P.COMPLETED, P.RELEASED, P.CANCELED)
    ),
]


@pytest.mark.parametrize(("before", "after", "expected"), CHANGES)
def test_each_change_leads_to_its_event(
    before: Any, after: Any, expected: list[tuple[str, dict[str, Any]]]
) -> None:
    thing = thing_of(after, None if before is None else row_of(before))
    assert [(event.name, event.data()) for event in thing.events] == expected
    assert thing.differences()


def test_a_paid_invoice_seen_for_the_first_time_was_created_and_paid() -> None:
    thing = thing_of(replace(INVOICE, status=I.PAID, amount_paid=USD))
    assert [event.name for event in thing.events] == ["invoice.created", "invoice.paid"]
    failed = thing_of(INVOICE)
    assert [event.name for event in failed.events] == [
        "invoice.created",
        "invoice.finalized",
        "invoice.payment_failed",
    ]


def test_one_answer_may_tell_of_several_things() -> None:
    renewed = replace(ITEM, quantity=5, current_period_end=T0 + 2 * MONTH)
    after = replace(SUB, status=S.PAST_DUE, items=(renewed,), collection_paused="void", **ENDING)
    types = {event.name for event in thing_of(after, row_of(SUB)).events}
    assert types == {
        "subscription.past_due",
        "subscription.items_changed",
        "subscription.renewed",
        "subscription.collection_paused",
        "subscription.cancellation_scheduled",
    }


def test_every_event_there_is_can_be_reached() -> None:
    declared = {
        event.type
        for module in (
            of_customers,
            of_invoices,
            of_payment_methods,
            of_subscriptions,
            of_schedules,
        )
        for event in vars(module).values()
        if isinstance(event, type) and issubclass(event, LedgerEvent) and event is not LedgerEvent
    }
    reached = {name for _, _, expected in CHANGES for name, _ in expected}
    assert reached == declared
    assert all(name.count(".") == 1 for name in declared)


def test_what_happens_to_any_noun_is_named_after_it() -> None:
    updated = Updated(noun="customer", changed=("email", "currency"))
    assert (updated.name, updated.data()) == (
        "customer.updated",
        {"noun": "customer", "changed": ["currency", "email"]},
    )
    assert Unreadable(noun="invoice", word="odd").name == "invoice.unreadable"
    assert Gone(noun="customer").name == "customer.gone"
