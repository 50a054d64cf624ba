"""Find a thing by whatever an operator has in hand: exact, and on indexes only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accrue_core.billing.customers import queries as customers
from accrue_core.billing.customers.models import Customer
from accrue_core.billing.invoices import queries as invoices
from accrue_core.billing.invoices.models import Invoice
from accrue_core.billing.subscriptions import queries as subscriptions
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.errors import InvalidRequest, NotFound
from accrue_core.facade import Billing
from accrue_core.ids import checked, kind_of
from accrue_core.ledger import queries as ledger
from accrue_core.owners import Owner
from accrue_core.pages.words import label, money
from accrue_core.text import is_storable
from accrue_core.webhooks import queries as webhooks
from accrue_core.webhooks.models import Delivery

MOST = 20
"""How many of one kind a search returns."""

LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something that was found, and the page it is on."""

    kind: str
    id: str
    title: str
    detail: str
    route: str
    path: Mapping[str, str]


async def find(billing: Billing, text: str) -> list[Hit]:
    """Return what the text names: an id of ours, a ref, a number, an address or an owner."""
    text = text.strip()
    if not text or len(text) > LONGEST or not is_storable(text):
        return []
    kind = kind_of(text)
    if kind is not None:
        return await _by_our_id(billing, kind, text)
    found = await _by_name(billing, text) or await _by_reference(billing, text)
    return _distinct(found)


async def customers_with_ids(billing: Billing, ids: list[str]) -> list[Hit]:
    """Return customers that were found before."""
    known = [id_ for id_ in ids[:MOST] if _is_ours("customer", id_)]
    async with billing.reading() as reading:
        rows = await customers.by_ids(reading, known)
    return [of_customer(rows[id_]) for id_ in known if id_ in rows]


def of_customer(customer: Customer) -> Hit:
    """Return a customer as a hit."""
    return Hit(
        kind="customer",
        id=customer.id,
        title=called(customer),
        detail=f"{customer.owner or 'no owner'} · {customer.processor} {customer.ref}",
        route="customer",
        path={"customer_id": customer.id},
    )


def called(customer: Customer) -> str:
    """Return what to call a customer: a name, else the owner, else the processor's ref."""
    return customer.name or str(customer.owner or customer.ref)


async def _by_our_id(billing: Billing, kind: str, id_: str) -> list[Hit]:
    if not _is_ours(kind, id_):
        return []
    if kind == "operation":
        return await _operations(billing, id_)
    async with billing.reading() as reading:
        match kind:
            case "customer":
                return [
                    of_customer(row) for row in (await customers.by_ids(reading, [id_])).values()
                ]
            case "subscription":
                rows = list((await subscriptions.by_ids(reading, [id_])).values())
            case "subscription_item":
                rows = await subscriptions.with_item(reading, id_)
            case "invoice":
                return [_invoice(row) for row in (await invoices.by_ids(reading, [id_])).values()]
            case "invoice_line" | "invoice_payment":
                is_line = kind == "invoice_line"
                found = await invoices.with_line_or_payment(reading, id_, is_line=is_line)
                return [_invoice(row) for row in found]
            case "delivery":
                delivery = await webhooks.get(reading, id_)
                return [_delivery(delivery)] if delivery else []
            case "ledger_entry":
                return [
                    _entry(entry.id, entry.type) for entry in await ledger.by_ids(reading, [id_])
                ]
            case "payment_method" | "checkout_session":
                return await _customers_of_subject(reading, id_)
            case _:
                return []
    return [_subscription(billing, row) for row in rows]


async def _by_name(billing: Billing, text: str) -> list[Hit]:
    """Find customers by address or owner; both may be shared by several."""
    async with billing.reading() as reading:
        found: list[Customer] = []
        owner = _owner(text)
        if owner is not None:
            found += await customers.of_owner(reading, owner, only_live=False)
        if "@" in text:
            spellings = sorted({text, text.lower()})
            found += await customers.with_email(reading, spellings, limit=MOST)
    return [of_customer(row) for row in found[:MOST]]


async def _by_reference(billing: Billing, text: str) -> list[Hit]:
    """Find things by what a processor calls them."""
    processors = sorted(billing.plugins.processors)
    async with billing.reading() as reading:
        hits = [of_customer(row) for row in await customers.with_ref(reading, processors, text)]
        hits += [
            _subscription(billing, row)
            for row in await subscriptions.with_ref(reading, processors, text)
        ]
        hits += [_invoice(row) for row in await invoices.with_ref(reading, processors, text)]
        hits += [_invoice(row) for row in await invoices.with_number(reading, text, limit=MOST)]
        hits += [_invoice(row) for row in await invoices.paid_by(reading, text, limit=MOST)]
        hits += [_delivery(row) for row in await webhooks.announcing(reading, processors, text)]
        paying = await subscriptions.customers_paying_with(reading, processors, text)
        hits += [of_customer(row) for row in (await customers.by_ids(reading, paying)).values()]
        if hits:
            return hits
        for processor in processors:
            about = await webhooks.about(reading, processor, text, limit=MOST)
            hits += [_delivery(row) for row in about]
    return hits


async def _customers_of_subject(reading: Any, subject: str) -> list[Hit]:
    entries = await ledger.timeline(reading, subject=subject, limit=1)
    ids = [entry.customer_id for entry in entries if entry.customer_id is not None]
    return [of_customer(row) for row in (await customers.by_ids(reading, ids)).values()]


async def _operations(billing: Billing, id_: str) -> list[Hit]:
    unsettled = await billing.open_operations(limit=1_000)
    return [
        Hit(
            kind="operation",
            id=operation.id,
            title=label(operation.method),
            detail=f"{operation.status.value} since {operation.started_at:%Y-%m-%d %H:%M} UTC",
            route="operations",
            path={},
        )
        for operation in unsettled
        if id_ in (operation.id, operation.key)
    ]


def _subscription(billing: Billing, row: Subscription) -> Hit:
    plans = [(billing.catalog.plan_of(row.processor, item.price), item) for item in row.items]
    return Hit(
        kind="subscription",
        id=row.id,
        title=", ".join(plan.name if plan else item.price for plan, item in plans) or row.ref,
        detail=f"{label(row.status)} · {row.processor} {row.ref}",
        route="subscription",
        path={"subscription_id": row.id},
    )


def _invoice(row: Invoice) -> Hit:
    return Hit(
        kind="invoice",
        id=row.id,
        title=f"{row.number or row.ref}, {money(row.total)}",
        detail=f"{label(row.status)} · {row.processor} {row.ref}",
        route="invoice",
        path={"invoice_id": row.id},
    )


def _delivery(row: Delivery) -> Hit:
    return Hit(
        kind="webhook",
        id=row.id,
        title=row.type,
        detail=f"{label(row.status)} · {row.processor} {row.event_ref}",
        route="webhook",
        path={"delivery_id": row.id},
    )


def _entry(id_: str, type_: str) -> Hit:
    return Hit(
        kind="ledger entry", id=id_, title=type_, detail=id_, route="entry", path={"entry_id": id_}
    )


def _owner(text: str) -> Owner | None:
    type_, colon, id_ = text.partition(":")
    try:
        return Owner(type_, id_) if colon else None
    except InvalidRequest:
        return None


def _is_ours(kind: str, id_: str) -> bool:
    try:
        checked(kind, id_)
    except NotFound:
        return False
    return True


def _distinct(hits: list[Hit]) -> list[Hit]:
    return list({(hit.kind, hit.id): hit for hit in hits}.values())
