"""Asking what a customer has to do about an invoice that waits for them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from accrue_core.contracts.results import NextAction
from accrue_core.errors import ProcessorError
from accrue_stripe.connection import Json, wire
from accrue_stripe.errors import translated
from accrue_stripe.listing import complete
from accrue_stripe.translate.actions import next_action

if TYPE_CHECKING:
    import stripe

_log = logging.getLogger("accrue.stripe")

_PAYMENT_INTENT = "payment.payment_intent"


async def action_on(
    client: stripe.StripeClient, invoice: str, *, is_first: bool
) -> NextAction | None:
    """Ask how an invoice's payment stands now.

    A question of its own: a remembered answer to ``create`` would say what was to be done then,
    and a subscription is not expanded as far as its payment intent. It is shown, never stored,
    so failing to read it loses nothing and may not keep what is known from being absorbed.
    """
    try:
        return next_action(await with_intents(client, invoice), is_first=is_first)
    except ProcessorError as error:
        _log.warning("what is to be done about invoice %s could not be read: %s", invoice, error)
        return None


async def with_intents(client: stripe.StripeClient, invoice: str) -> Json:
    """Return an invoice with all of its payments, and with the intents behind them."""
    wanted = ["confirmation_secret", f"payments.data.{_PAYMENT_INTENT}"]

    async def payments(paging: Any) -> stripe.StripeObject:
        asked: Any = {"invoice": invoice, "expand": [f"data.{_PAYMENT_INTENT}"], **paging}
        return await client.v1.invoice_payments.list_async(asked)

    with translated("invoice", invoice):
        whole = wire(await client.v1.invoices.retrieve_async(invoice, {"expand": wanted}))
        await complete(whole, "payments", payments)
    return whole
