"""Subscriptions and invoices as Stripe sends them, made whole: their lists in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accrue_core.contracts.results import Answer, AnySnapshot
from accrue_stripe.connection import Json
from accrue_stripe.listing import complete
from accrue_stripe.translate.customers import customer
from accrue_stripe.translate.invoices import invoice
from accrue_stripe.translate.payment_methods import payment_method
from accrue_stripe.translate.subscriptions import subscription

if TYPE_CHECKING:
    import stripe


async def whole_subscription(client: stripe.StripeClient, data: Json) -> Json:
    """Return a subscription with all of its items, however many pages they fill."""

    async def items(paging: Any) -> stripe.StripeObject:
        asked: Any = {"subscription": data.get("id"), **paging}
        return await client.v1.subscription_items.list_async(asked)

    await complete(data, "items", items)
    return data


async def whole_invoice(client: stripe.StripeClient, data: Json) -> Json:
    """Return an invoice, sent with its payments, with all of its lines and payments."""
    ref = str(data.get("id"))

    async def lines(paging: Any) -> stripe.StripeObject:
        return await client.v1.invoices.line_items.list_async(ref, paging)

    async def payments(paging: Any) -> stripe.StripeObject:
        asked: Any = {"invoice": ref, **paging}
        return await client.v1.invoice_payments.list_async(asked)

    await complete(data, "lines", lines)
    await complete(data, "payments", payments)
    return data


async def whole_preview(client: stripe.StripeClient, data: Json) -> Json:
    """Return the preview of an invoice with all of its lines; it has no payments."""
    ref = str(data.get("id"))

    async def lines(paging: Any) -> stripe.StripeObject:
        return await client.v1.invoices.line_items.list_async(ref, paging)

    await complete(data, "lines", lines)
    return data


async def with_all(client: stripe.StripeClient, data: Json) -> Answer:
    """Return a subscription, and whatever of ``WITH_ALL`` came along with it."""
    main = subscription(await whole_subscription(client, data))
    others: list[AnySnapshot] = []
    payer, latest = data.get("customer"), data.get("latest_invoice")
    if isinstance(payer, dict):
        others.append(customer(payer))
    card = _charged(data)
    if card is not None:
        others.append(payment_method(card))
    if isinstance(latest, dict):
        others.append(invoice(await whole_invoice(client, latest)))
    return Answer(main, others)


def _charged(data: Json) -> Json | None:
    """Find what is charged: the subscription's own payment method, else the customer's default."""
    payer = data.get("customer")
    settings = payer.get("invoice_settings") if isinstance(payer, dict) else None
    default = settings.get("default_payment_method") if isinstance(settings, dict) else None
    for card in (data.get("default_payment_method"), default):
        if isinstance(card, dict):
            return card
    return None
