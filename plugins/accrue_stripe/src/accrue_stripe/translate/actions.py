"""What a customer has to do about an invoice of Stripe's that waits for them."""

from __future__ import annotations

from accrue_core.contracts.results import NextAction
from accrue_core.settings import Secret
from accrue_stripe.translate.reading import Reader, reader

_NOTHING_TO_DO = frozenset({"processing", "requires_capture", "succeeded"})


def next_action(data: object, *, is_first: bool) -> NextAction | None:
    """Read it from an invoice with its payment intents and its confirmation secret expanded.

    Where the bank asks for its customer: authenticate, in the browser with the secret or on the
    invoice's page. Where a first payment failed otherwise: pay on the invoice's page. A later
    one is retried by Stripe with whatever is on file, and asks for nothing here.
    """
    found = reader(data, "invoice")
    if found.text("status") != "open":
        return None
    page = found.text_or_none("hosted_invoice_url")
    url = None if page is None else Secret(page)
    status = _payment_status(found)
    if status == "requires_action":
        secret = found.inner_or_none("confirmation_secret")
        client_secret = None if secret is None else Secret(secret.text("client_secret"))
        return NextAction("authenticate", url=url, client_secret=client_secret)
    if not is_first or url is None or status in _NOTHING_TO_DO:
        return None
    return NextAction("redirect", url=url)


def _payment_status(invoice: Reader) -> str | None:
    """Read how the payment stands that the confirmation secret belongs to."""
    for payment in invoice.pages("payments"):
        means = payment.inner("payment")
        if payment.flag("is_default") and means.text("type") == "payment_intent":
            return means.inner("payment_intent").text("status")
    return None
