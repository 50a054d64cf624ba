"""Invoices, as Stripe keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accrue_core.contracts.results import Answer
from accrue_stripe.connection import Connection, complete, wire
from accrue_stripe.errors import translated
from accrue_stripe.translate.invoices import invoice

if TYPE_CHECKING:
    import stripe


class StripeInvoices:
    """Operations on invoices."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch(self, ref: str) -> Answer:
        """Return the invoice as it is now, with all of its lines and payments."""
        client = self._connection.client

        async def lines(paging: Any) -> stripe.StripeObject:
            return await client.v1.invoices.line_items.list_async(ref, paging)

        async def payments(paging: Any) -> stripe.StripeObject:
            asked: Any = {"invoice": ref, **paging}
            return await client.v1.invoice_payments.list_async(asked)

        with translated("invoice", ref):
            whole = wire(await client.v1.invoices.retrieve_async(ref, {"expand": ["payments"]}))
            await complete(whole, "lines", lines)
            await complete(whole, "payments", payments)
        return Answer(invoice(whole))
