"""The reads behind operators' lists: paged by what was seen last, counted so far, on indexes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from accrue_core.billing.customers import queries as customers
from accrue_core.billing.invoices import queries as invoices
from accrue_core.billing.subscriptions import queries as subscriptions
from accrue_core.contracts.events import ProcessorEvent
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.db.leases import JobStatus
from accrue_core.db.transaction import Reading
from accrue_core.ids import PREFIXES, TimeOrderedIds, to_text
from accrue_core.ledger import queries as ledger
from accrue_core.ledger.models import LedgerEntry
from accrue_core.owners import Owner
from accrue_core.webhooks import queries as webhooks
from accrue_core.webhooks.models import Arrival
from tests.admin.plans import plan_nodes, recorded, scanned
from tests.services.lanes import on_postgres
from tests.spine.answers import CARD, CUSTOMER, INVOICE, SUB, tell
from tests.spine.database import Spine

IDS = TimeOrderedIds()
PROCESSORS = ["fake", "other"]
PAST_DUE, ACTIVE = SubscriptionStatus.PAST_DUE, SubscriptionStatus.ACTIVE


def nobody(kind: str) -> str:
    """Return an id of a kind that no row has."""
    return to_text(PREFIXES[kind], UUID(int=7))


def family(number: int) -> tuple[Any, ...]:
    """Return a customer with a card, a subscription and an invoice, all of its own."""
    customer, card, sub, invoice = f"cus_{number}", f"pm_{number}", f"sub_{number}", f"in_{number}"
    line, paid = INVOICE.lines[0], INVOICE.payments[0]
    return (
        replace(CUSTOMER, ref=customer, owner=Owner("team", str(number)), email=f"{number}@x.test"),
        replace(CARD, ref=card, customer=customer),
        replace(
            SUB,
            ref=sub,
            customer=customer,
            status=PAST_DUE if number % 2 else ACTIVE,
            items=(replace(SUB.items[0], ref=f"si_{number}"),),
        ),
        replace(
            INVOICE,
            ref=invoice,
            customer=customer,
            subscription=sub,
            number=f"F-{number}",
            status=InvoiceStatus.OPEN if number % 2 else InvoiceStatus.PAID,
            attempts=number % 3,
            lines=(replace(line, ref=f"il_{number}"),),
            payments=(replace(paid, ref=f"inpay_{number}", payment=f"pay_{number}"),),
        ),
    )


async def receive(spine: Spine, number: int, *, status: JobStatus | None = None) -> str:
    """Write a delivery down, and let it end at once if it shall."""
    id_ = to_text(PREFIXES["delivery"], IDS.new())
    event = ProcessorEvent(
        ref=f"evt_{number}",
        type="invoice.paid",
        noun="invoice",
        object_ref=f"in_{number % 2}",
        is_deletion=False,
        livemode=False,
        created_at=spine.clock.now(),
    )
    async with spine.transaction() as tx:
        await webhooks.add(tx, [Arrival(id_, "fake", event, b"{}")])
    if status is not None:
        async with spine.transaction() as tx:
            await tx.connection.exec_driver_sql(
                f"UPDATE accrue_webhook_deliveries SET status = '{status.value}' "
                f"WHERE event_ref = 'evt_{number}'"
            )
    return id_


@pytest.fixture
async def filled(spine: Spine) -> Spine:
    """Give seven families and six deliveries: two dead, one done, three waiting."""
    for number in range(7):
        await tell(spine, *family(number))
    for number, status in enumerate([JobStatus.DEAD, JobStatus.DONE, JobStatus.DEAD]):
        await receive(spine, number, status=status)
    for number in range(3, 6):
        await receive(spine, number)
    return spine


Paged = Callable[[Reading, str | None, int], Awaitable[list[Any]]]

LISTS: dict[str, Paged] = {
    "customers": lambda r, b, n: customers.listed(r, before=b, limit=n),
    "subscriptions": lambda r, b, n: subscriptions.listed(r, before=b, limit=n),
    "subscriptions_past_due": lambda r, b, n: subscriptions.listed(
        r, status=PAST_DUE, before=b, limit=n
    ),
    "invoices": lambda r, b, n: invoices.listed(r, before=b, limit=n),
    "invoices_open": lambda r, b, n: invoices.listed(
        r, status=InvoiceStatus.OPEN, before=b, limit=n
    ),
    "ledger": lambda r, b, n: ledger.listed(r, before=b, limit=n),
    "ledger_invoice_paid": lambda r, b, n: ledger.listed(
        r, type_="invoice.paid", before=b, limit=n
    ),
    "deliveries": lambda r, b, n: webhooks.listed(r, before=b, limit=n),
    "deliveries_dead": lambda r, b, n: webhooks.listed(r, status=JobStatus.DEAD, before=b, limit=n),
    "deliveries_about": lambda r, b, n: webhooks.about(r, "fake", "in_1", before=b, limit=n),
}


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_read_page_by_page_is_the_list_read_at_once(filled: Spine, name: str) -> None:
    listed = LISTS[name]
    async with filled.reading() as reading:
        everything = [row.id for row in await listed(reading, None, 500)]
        paged: list[str] = []
        while True:
            rows = await listed(reading, paged[-1] if paged else None, 2)
            if not rows:
                break
            paged += [row.id for row in rows]

    assert len(everything) > 1
    assert paged == everything == sorted(everything, reverse=True)


@pytest.mark.parametrize("name", ["customers", "subscriptions", "invoices", "ledger"])
async def test_what_arrives_meanwhile_moves_no_page(filled: Spine, name: str) -> None:
    async with filled.reading() as reading:
        before = [row.id for row in await LISTS[name](reading, None, 5)]
    await tell(filled, *family(99))

    async with filled.reading() as reading:
        rest = [row.id for row in await LISTS[name](reading, before[2], 2)]
        newest = (await LISTS[name](reading, None, 1))[0].id

    assert rest == before[3:5]
    assert newest not in before


async def test_a_filter_leaves_only_its_own(filled: Spine) -> None:
    async with filled.reading() as reading:
        owing = await subscriptions.listed(reading, status=PAST_DUE, limit=50)
        drawn = await invoices.listed(reading, status=InvoiceStatus.OPEN, limit=50)
        failed = await invoices.listed(
            reading, status=InvoiceStatus.OPEN, has_failed=True, limit=50
        )
        paid = await ledger.listed(reading, type_="invoice.paid", limit=50)

    assert {row.status for row in owing} == {PAST_DUE}
    assert [row.ref for row in drawn] == ["in_5", "in_3", "in_1"]
    assert [row.ref for row in failed] == ["in_5", "in_1"]
    assert {row.type for row in paid} == {"invoice.paid"}
    assert all(row.items for row in owing)
    assert all(row.lines and row.payments for row in drawn)


async def test_counting_stops_where_it_was_told_to(filled: Spine) -> None:
    async with filled.reading() as reading:
        all_of_them = await subscriptions.counts(reading, [ACTIVE, PAST_DUE], up_to=100)
        some = await subscriptions.counts(reading, [ACTIVE, PAST_DUE], up_to=2)
        backlog = await webhooks.backlog(reading, up_to=100)
        short = await webhooks.backlog(reading, up_to=1)

    assert all_of_them == {ACTIVE: 4, PAST_DUE: 3}
    assert some == {ACTIVE: 2, PAST_DUE: 2}
    assert backlog == {"waiting": 3, "running": 0, "dead": 2}
    assert short == {"waiting": 1, "running": 0, "dead": 1}


async def test_failed_payments_are_counted_among_the_newest_open_invoices(filled: Spine) -> None:
    async with filled.reading() as reading:
        assert await invoices.count_failed(reading, among=100) == 2
        assert await invoices.count_failed(reading, among=1) == 1


async def test_a_ref_is_found_at_the_processors_asked_about(filled: Spine) -> None:
    async with filled.reading() as reading:
        (customer,) = await customers.with_ref(reading, PROCESSORS, "cus_3")
        (sub,) = await subscriptions.with_ref(reading, PROCESSORS, "sub_3")
        (invoice,) = await invoices.with_ref(reading, PROCESSORS, "in_3")
        paying = await subscriptions.customers_paying_with(reading, PROCESSORS, "pm_3")
        elsewhere = await customers.with_ref(reading, ["other"], "cus_3")

    assert sub.customer_id == invoice.customer_id == customer.id
    assert paying == [customer.id]
    assert elsewhere == []


async def test_an_invoice_is_found_by_number_payment_and_what_it_is_made_of(
    filled: Spine,
) -> None:
    async with filled.reading() as reading:
        (invoice,) = await invoices.with_number(reading, "F-3", limit=5)
        (paid,) = await invoices.paid_by(reading, "pay_3", limit=5)
        (of_line,) = await invoices.with_line_or_payment(reading, invoice.lines[0].id, is_line=True)
        (of_payment,) = await invoices.with_line_or_payment(
            reading, invoice.payments[0].id, is_line=False
        )
        (sub,) = await subscriptions.with_ref(reading, PROCESSORS, "sub_3")
        (of_item,) = await subscriptions.with_item(reading, sub.items[0].id)
        of_sub = await invoices.of_subscription(reading, sub.id, limit=5)

    assert paid == of_line == of_payment == invoice
    assert of_item == sub
    assert of_sub == [invoice]


async def test_customers_are_found_by_address_as_it_is_written(filled: Spine) -> None:
    async with filled.reading() as reading:
        (found,) = await customers.with_email(reading, ["3@x.test"], limit=5)
        part = await customers.with_email(reading, ["x.test", "3@"], limit=5)

    assert found.ref == "cus_3"
    assert part == []


async def test_rows_are_read_by_id_and_those_that_are_not_there_are_left_out(
    filled: Spine,
) -> None:
    async with filled.reading() as reading:
        (sub,) = await subscriptions.with_ref(reading, PROCESSORS, "sub_3")
        assert sub.customer_id is not None
        known = await customers.by_ids(reading, [sub.customer_id, nobody("customer")])
        assert list(known) == [sub.customer_id]
        assert await subscriptions.by_ids(reading, [sub.id, nobody("subscription")]) == {
            sub.id: sub
        }
        assert await invoices.by_ids(reading, [nobody("invoice")]) == {}
        assert await customers.by_ids(reading, []) == {}
        live = await subscriptions.live_of(reading, [sub.customer_id], limit=5)
        newest = await subscriptions.newest_of(reading, sub.customer_id, limit=5)

    assert live == newest == [sub]


async def test_an_entry_stands_between_the_one_before_and_the_one_after_it(filled: Spine) -> None:
    async with filled.reading() as reading:
        rows = await ledger.listed(reading, limit=500)
        chain = sorted(
            (row for row in rows if row.chain == rows[0].chain), key=lambda row: row.sequence
        )
        first, second, third = chain[:3]
        around = await ledger.around(reading, second)
        at_the_start = await ledger.around(reading, first)

    assert around == [first, third]
    assert at_the_start == [second]


async def test_the_backlog_knows_its_oldest(filled: Spine) -> None:
    async with filled.reading() as reading:
        oldest = await webhooks.oldest_waiting(reading)
        announcing = await webhooks.announcing(reading, PROCESSORS, "evt_4")

    assert oldest is not None
    assert oldest.event_ref == "evt_3"
    assert [row.event_ref for row in announcing] == ["evt_4"]


async def test_nothing_waits_on_an_empty_database(spine: Spine) -> None:
    async with spine.reading() as reading:
        assert await webhooks.oldest_waiting(reading) is None
        assert await webhooks.backlog(reading, up_to=5) == {"waiting": 0, "running": 0, "dead": 0}


ENTRY = LedgerEntry(
    id=nobody("ledger_entry"),
    chain="c",
    sequence=5,
    type="t",
    subject="s",
    customer_id=None,
    at=SUB.items[0].current_period_start,  # type: ignore[arg-type]
    body=b"",
    hash=b"",
)

SINGLE: dict[str, Callable[[Reading], Awaitable[Any]]] = {
    "customers_by_ids": lambda r: customers.by_ids(r, [nobody("customer")]),
    "customers_with_ref": lambda r: customers.with_ref(r, PROCESSORS, "cus_1"),
    "customers_with_email": lambda r: customers.with_email(r, ["a@x.test"], limit=5),
    "subscriptions_by_ids": lambda r: subscriptions.by_ids(r, [nobody("subscription")]),
    "subscriptions_newest_of": lambda r: subscriptions.newest_of(r, nobody("customer"), limit=5),
    "subscriptions_live_of": lambda r: subscriptions.live_of(r, [nobody("customer")], limit=5),
    "subscriptions_with_ref": lambda r: subscriptions.with_ref(r, PROCESSORS, "sub_1"),
    "subscriptions_with_item": lambda r: subscriptions.with_item(r, nobody("subscription_item")),
    "subscriptions_paying": lambda r: subscriptions.customers_paying_with(r, PROCESSORS, "pm_1"),
    "subscriptions_counts": lambda r: subscriptions.counts(r, [ACTIVE, PAST_DUE], up_to=9),
    "invoices_by_ids": lambda r: invoices.by_ids(r, [nobody("invoice")]),
    "invoices_failed": lambda r: invoices.listed(
        r, status=InvoiceStatus.OPEN, has_failed=True, limit=5
    ),
    "invoices_of_subscription": lambda r: invoices.of_subscription(
        r, nobody("subscription"), limit=5
    ),
    "invoices_with_ref": lambda r: invoices.with_ref(r, PROCESSORS, "in_1"),
    "invoices_with_number": lambda r: invoices.with_number(r, "F-1", limit=5),
    "invoices_paid_by": lambda r: invoices.paid_by(r, "pay_1", limit=5),
    "invoices_with_line": lambda r: invoices.with_line_or_payment(
        r, nobody("invoice_line"), is_line=True
    ),
    "invoices_with_payment": lambda r: invoices.with_line_or_payment(
        r, nobody("invoice_payment"), is_line=False
    ),
    "invoices_count_failed": lambda r: invoices.count_failed(r, among=9),
    "ledger_around": lambda r: ledger.around(r, ENTRY),
    "deliveries_announcing": lambda r: webhooks.announcing(r, PROCESSORS, "evt_1"),
    "deliveries_oldest_waiting": webhooks.oldest_waiting,
    "deliveries_backlog": lambda r: webhooks.backlog(r, up_to=9),
}


@on_postgres
@pytest.mark.parametrize("name", SINGLE)
async def test_no_read_needs_the_whole_table(filled: Spine, name: str) -> None:
    with recorded(filled.engines) as statements:
        async with filled.reading() as reading:
            await SINGLE[name](reading)

    assert statements
    assert await scanned(filled.engines, statements) == []


@on_postgres
@pytest.mark.parametrize("name", LISTS)
async def test_an_index_holds_a_list_in_its_order(filled: Spine, name: str) -> None:
    with recorded(filled.engines) as statements:
        async with filled.reading() as reading:
            rows = await LISTS[name](reading, None, 2)
            await LISTS[name](reading, rows[0].id, 2)

    assert await scanned(filled.engines, statements) == []
    first, *_, after = (s for s in statements if "LIMIT" in s.text)
    for statement in (first, after):
        nodes = await plan_nodes(filled.engines, statement)
        assert [node for node in nodes if "Sort" in node["Node Type"]] == []
        assert [node["Filter"] for node in nodes if "Filter" in node] == []
