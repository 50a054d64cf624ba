"""Invoices, as Stripe keeps them."""

from __future__ import annotations

from accrue_core.contracts.results import Answer
from accrue_stripe.connection import Connection, wire
from accrue_stripe.errors import translated
from accrue_stripe.gateways.wholes import whole_invoice
from accrue_stripe.translate.invoices import invoice


class StripeInvoices:
    """Operations on invoices."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch(self, ref: str) -> Answer:
        """Return the invoice as it is now, with all of its lines and payments."""
        client = self._connection.client
        with translated("invoice", ref):
            remote = await client.v1.invoices.retrieve_async(ref, {"expand": ["payments"]})
            whole = await whole_invoice(client, wire(remote))
        return Answer(invoice(whole))
