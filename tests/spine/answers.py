"""Hand-made answers of a processor, and what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from accrue_core.app import MIRRORS
from accrue_core.contracts.checkout import CheckoutSessionSnapshot, CheckoutStatus
from accrue_core.contracts.customers import CustomerSnapshot
from accrue_core.contracts.handlers import LedgerEntryView
from accrue_core.contracts.invoices import (
    InvoiceLineSnapshot,
    InvoicePaymentSnapshot,
    InvoiceSnapshot,
    InvoiceStatus,
)
from accrue_core.contracts.payment_methods import PaymentMethodSnapshot
from accrue_core.contracts.schedules import PhaseSnapshot, ScheduleSnapshot, ScheduleStatus
from accrue_core.contracts.subscriptions import (
    NewItem,
    SubscriptionItemSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.db.base import to_row
from accrue_core.db.numbers import draw
from accrue_core.ledger.chain import view
from accrue_core.ledger.models import LedgerEntry, entries
from accrue_core.mirror.absorb import Absorbed, Told, absorb_many
from accrue_core.mirror.load import row_of
from accrue_core.money import Money
from accrue_core.outbox.models import jobs
from accrue_core.owners import Owner
from tests.spine.database import Spine

T0 = datetime(2026, 3, 1, tzinfo=UTC)
MONTH = timedelta(days=31)
USD = Money(2000, "usd")
ZERO = Money(0, "usd")

CUSTOMER = CustomerSnapshot(
    ref="cus_1", owner=Owner("team", "42"), name="Team", email="t@example.com", created_at=T0
)
CARD = PaymentMethodSnapshot(
    ref="pm_1", customer="cus_1", type="card", brand="visa", last4="4242", exp_month=1
)
ITEM = SubscriptionItemSnapshot(
    ref="si_1", price="p_pro", quantity=1, current_period_start=T0, current_period_end=T0 + MONTH
)
SUB = SubscriptionSnapshot(
    ref="sub_1",
    customer="cus_1",
    status=SubscriptionStatus.ACTIVE,
    items=(ITEM,),
    metadata={"seat": "7"},
)
INVOICE = InvoiceSnapshot(
    ref="in_1",
    customer="cus_1",
    status=InvoiceStatus.PAID,
    subscription="sub_1",
    currency="usd",
    subtotal=USD,
    discount=ZERO,
    tax=ZERO,
    total=USD,
    amount_due=USD,
    amount_paid=USD,
    amount_remaining=ZERO,
    lines=(InvoiceLineSnapshot(ref="il_1", amount=USD, description="Pro", quantity=1),),
    payments=(InvoicePaymentSnapshot(ref="inpay_1", amount=USD, status="paid"),),
)
SESSION = CheckoutSessionSnapshot(
    ref="cs_1", customer="cus_1", status=CheckoutStatus.OPEN, subscription="sub_1"
)
SCHEDULE = ScheduleSnapshot(
    ref="sub_sched_1",
    customer="cus_1",
    subscription="sub_1",
    status=ScheduleStatus.ACTIVE,
    phases=(PhaseSnapshot(items=(NewItem(price="p_pro"),), starts_at=T0, ends_at=T0 + MONTH),),
    current_phase_start=T0,
    current_phase_end=T0 + MONTH,
)
EVERYTHING = (CUSTOMER, CARD, SUB, INVOICE, SESSION, SCHEDULE)


async def ask(spine: Spine) -> int:
    """Draw a question's number."""
    async with spine.transaction("ask") as tx:
        return await draw(tx)


async def tell(spine: Spine, *snapshots: Any, asked: int | None = None) -> Absorbed:
    """Ask now, unless it was asked before, and absorb one answer."""
    number = await ask(spine) if asked is None else asked
    told = Told(processor="fake", asked=number, snapshots=snapshots, cause="webhook:evt_1")
    async with spine.transaction("absorb") as tx:
        return await absorb_many(tx, [told])


async def held(spine: Spine, noun: str, ref: str) -> Any:
    """Return one row as it is stored, or ``None``."""
    async with spine.reading() as reading:
        return await row_of(reading, MIRRORS.noun(noun), "fake", ref)


async def stored_entries(spine: Spine) -> list[LedgerEntry]:
    """Return all entries in the order they were made."""
    async with spine.reading() as reading:
        rows = await reading.all(select(entries).order_by(entries.c.id))
    return [to_row(LedgerEntry, row) for row in rows]


async def history(spine: Spine) -> list[LedgerEntryView]:
    """Return all entries as handlers see them."""
    return [view(entry) for entry in await stored_entries(spine)]


async def types(spine: Spine) -> list[str]:
    """Return the types of all entries."""
    return [entry.type for entry in await stored_entries(spine)]


async def refreshes(spine: Spine) -> list[dict[str, str]]:
    """Return what is promised to be asked again."""
    async with spine.reading() as reading:
        rows = await reading.all(
            select(jobs).where(jobs.c.name == "webhooks.refresh").order_by(jobs.c.id)
        )
    return [dict(row["payload"]) for row in rows]
