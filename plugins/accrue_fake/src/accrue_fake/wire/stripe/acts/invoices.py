"""``/v1/invoices`` and ``/v1/invoice_payments``"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accrue_core.contracts.invoices import InvoiceSnapshot, InvoiceStatus
from accrue_fake.engine.cards import Charge
from accrue_fake.wire.stripe.account import Json
from accrue_fake.wire.stripe.calls import Call
from accrue_fake.wire.stripe.desk import Desk
from accrue_fake.wire.stripe.finding import Shower
from accrue_fake.wire.stripe.listing import PAGING, Row, is_within, page
from accrue_fake.wire.stripe.params import metadata_of
from accrue_fake.wire.stripe.problems import Refused, declined, invalid, missing
from accrue_fake.wire.stripe.searching import search
from accrue_fake.wire.stripe.shapes.keys import gone

_METHODS = {"charge_automatically": "charge", "send_invoice": "invoice"}
_SEARCHED = {
    "created", "currency", "customer", "metadata", "number", "status", "subscription", "total",
}  # fmt: skip


def retrieve(desk: Desk, call: Call) -> Json:
    """Return an invoice."""
    (ref,) = call.names
    if ref not in desk.engine.books.invoices:
        raise missing("invoice", ref, param="invoice")
    return desk.show("invoice", ref)


def listed(desk: Desk, call: Call) -> Json:
    """List invoices."""
    params, books = call.params, desk.engine.books
    params.only(
        "customer", "subscription", "status", "collection_method", "created", "due_date", *PAGING
    )
    customer, subscription = params.text("customer"), params.text("subscription")
    status = params.word("status", *InvoiceStatus)
    method = params.word("collection_method", *_METHODS)

    def fits(ref: str) -> bool:
        snapshot = books.invoices[ref].snapshot
        return (
            customer in (None, snapshot.customer)
            and subscription in (None, snapshot.subscription)
            and status in (None, snapshot.status)
            and (method is None or _METHODS[method] == snapshot.collection)
            and is_within(params, "created", snapshot.created_at)
            and is_within(params, "due_date", snapshot.due_at)
        )

    own = _own(desk, customer, subscription)
    refs = Row(desk.engine.books.invoices, fits) if own is None else filter(fits, reversed(own))
    return page(params, "/v1/invoices", refs, desk.shower("invoice"))


def searched(desk: Desk, call: Call) -> Json:
    """Search invoices; ``subscription`` is where it was before it moved into ``parent``."""

    def show(_: str, ref: str) -> Json:
        subscription = desk.engine.books.invoices[ref].snapshot.subscription
        return {**desk.show("invoice", ref), "subscription": subscription}

    refs = reversed(desk.engine.books.invoices)
    shower = Shower("invoice", show, desk.finding)
    found = search(call.params, "/v1/invoices/search", refs, shower, fields=_SEARCHED)
    for one in found["data"]:
        del one["subscription"]
    return found


def update(desk: Desk, call: Call) -> Json:
    """Change what is written on an invoice."""
    (ref,), params = call.names, call.params
    params.only("metadata", "description", "footer", "auto_advance")
    before = desk.found("invoice", ref)
    facts: Json = {name: params.text(name) for name in ("description", "footer") if name in params}
    desk.account.say(ref, facts | metadata_of(params, before["metadata"]))
    if desk.show("invoice", ref) != before:
        desk.tell("invoice.updated", "invoice", ref)
    return desk.show("invoice", ref)


def delete(desk: Desk, call: Call) -> Json:
    """Delete a draft."""
    (ref,) = call.names
    desk.require("invoice", ref)
    if desk.engine.books.invoices[ref].snapshot.status != InvoiceStatus.DRAFT:
        raise invalid("You can only delete draft invoices.", code="invoice_not_editable")
    desk.engine.invoices.delete_draft(ref)
    return gone("invoice", ref)


def finalize(desk: Desk, call: Call) -> Json:
    """Number a draft and open it."""
    return _done(desk, call, desk.engine.invoices.finalize, "auto_advance")


def void(desk: Desk, call: Call) -> Json:
    """Ask nobody for an invoice any more."""
    return _done(desk, call, desk.engine.invoices.void)


def mark_uncollectible(desk: Desk, call: Call) -> Json:
    """Expect no money for an invoice any more."""
    return _done(desk, call, desk.engine.invoices.mark_uncollectible)


def _done(desk: Desk, call: Call, deed: Callable[[str], object], *played: str) -> Json:
    """Do one thing to the invoice that a path names, and show it as it is then."""
    (ref,) = call.names
    call.params.only(*played)
    desk.require("invoice", ref)
    deed(ref)
    return desk.show("invoice", ref)


def send(desk: Desk, call: Call) -> Json:
    """Send an invoice, which here only tells so."""
    (ref,) = call.names
    call.params.only()
    shown = desk.found("invoice", ref)
    if shown["status"] == InvoiceStatus.DRAFT:
        desk.engine.invoices.finalize(ref)
    desk.tell("invoice.sent", "invoice", ref)
    return desk.show("invoice", ref)


def pay(desk: Desk, call: Call) -> Json:
    """Pay an invoice: with the card on file, another one, or money that came another way."""
    (ref,), params = call.names, call.params
    params.only("payment_method", "paid_out_of_band", "off_session", "forgive")
    desk.require("invoice", ref)
    invoice = desk.engine.books.invoices[ref].snapshot
    if invoice.status == InvoiceStatus.PAID:
        raise invalid("Invoice is already paid", code="invoice_already_paid")
    if invoice.status == InvoiceStatus.DRAFT:
        desk.engine.invoices.finalize(ref)
    if params.flag("paid_out_of_band"):
        desk.engine.invoices.pay(ref)
        return desk.show("invoice", ref)
    card = params.text("payment_method")
    if card is not None:
        desk.require("payment_method", card, param="payment_method")
    elif _on_file(desk, invoice) is None:
        raise invalid(
            "There is no default payment method set on this customer. Set one, or name a "
            "payment_method.",
            code="resource_missing",
        )
    is_there = params.flag("off_session") is False
    charge = desk.engine.invoices.charge(ref, card, on_session=is_there)
    if charge != Charge.PAID:
        raise payment_problem(desk, ref, charge)
    return desk.show("invoice", ref)


def lines(desk: Desk, call: Call) -> Json:
    """List the lines of an invoice, in their order."""
    (ref,) = call.names
    call.params.only(*PAGING)
    desk.require("invoice", ref)
    shown = {line["id"]: line for line in desk.shown.lines(ref)}
    return page(call.params, f"/v1/invoices/{ref}/lines", shown, shown.__getitem__)


def list_payments(desk: Desk, call: Call) -> Json:
    """List what pays invoices: of one invoice, by one payment intent, or all."""
    params, books = call.params, desk.engine.books
    params.only("invoice", "payment", "status", "created", *PAGING)
    invoice, status = params.text("invoice"), params.word("status", "open", "paid", "canceled")
    intent = params.below("payment").text("payment_intent")
    if invoice is not None:
        desk.require("invoice", invoice, param="invoice")
    if intent is not None:
        desk.require("payment_intent", intent, param="payment[payment_intent]")
        invoice = desk.shown.invoice_of(intent)
    refs = (
        payment.ref
        for ref in ([invoice] if invoice else reversed(books.invoices))
        for payment in books.invoices[ref].snapshot.payments
        if status in (None, payment.status)
        and intent in (None, payment.payment)
        and is_within(params, "created", books.invoices[ref].snapshot.finalized_at)
    )
    return page(params, "/v1/invoice_payments", refs, desk.shower("invoice_payment"))


def retrieve_payment(desk: Desk, call: Call) -> Json:
    """Return what pays an invoice."""
    return desk.found("invoice_payment", call.names[0])


def invoices_of(desk: Desk, customer: str) -> list[str]:
    """Return the invoices of a customer, the oldest first."""
    books = desk.engine.books
    own = (books.subscriptions[ref].invoices for ref in books.customers[customer].subscriptions)
    return sorted((ref for refs in own for ref in refs), key=lambda ref: (len(ref), ref))


def payment_problem(desk: Desk, invoice: str, charge: Charge) -> Refused:
    """Return the error of a payment that did not go through, with its payment intent."""
    record = desk.engine.books.invoices[invoice]
    more: dict[str, Any] = {}
    if record.snapshot.payments:
        more["payment_intent"] = desk.show("payment_intent", record.payment)
    if record.card is not None:
        more["payment_method"] = desk.show("payment_method", record.card)
    if charge == Charge.WAITS:
        return Refused(
            402,
            "This payment requires additional user action before it can be completed.",
            type_="card_error",
            code="invoice_payment_intent_requires_action",
            **more,
        )
    return declined(**more)


def _on_file(desk: Desk, invoice: InvoiceSnapshot) -> str | None:
    return desk.engine.payment_methods.on_file(invoice.customer, subscription=invoice.subscription)


def _own(desk: Desk, customer: str | None, subscription: str | None) -> list[str] | None:
    """Return where to look for those of one subscription or customer, the oldest first."""
    books = desk.engine.books
    if subscription is not None:
        desk.require("subscription", subscription, param="subscription")
        return books.subscriptions[subscription].invoices
    if customer is None:
        return None
    desk.require("customer", customer, param="customer")
    return invoices_of(desk, customer)
