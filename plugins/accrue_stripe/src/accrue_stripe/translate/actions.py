"""What a customer has to do about an invoice of Stripe's that waits for them."""

from __future__ import annotations

from dataclasses import dataclass

from accrue_core.contracts.results import NextAction
from accrue_core.settings import Secret
from accrue_stripe.translate.reading import Reader, reader

_NOTHING_TO_DO = frozenset({"processing", "requires_capture", "succeeded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePayment:
    """How the payment stands that a change waits for.

    ``refusal`` is the bank's word for why not, where it was refused and nothing has been tried
    since; ``has_card`` is false where there was nothing to charge.
    """

    invoice_status: str
    is_refused: bool
    refusal: str | None
    has_card: bool
    action: NextAction | None


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


def change_payment(data: object) -> ChangePayment:
    """Read it from the invoice of a change, expanded as for ``next_action``.

    An invoice that was voided has a payment that was canceled; what was wrong with it before is
    still there to be read.
    """
    found = reader(data, "invoice")
    intent = _intent(found)
    status = intent and intent.text("status")
    error = intent and intent.inner_or_none("last_payment_error")
    is_open = found.text("status") == "open"
    return ChangePayment(
        invoice_status=found.text("status"),
        is_refused=status == "requires_payment_method" if is_open else error is not None,
        refusal=error and _reason(error),
        has_card=error is not None,
        action=next_action(data, is_first=True),
    )


def _reason(error: Reader) -> str | None:
    for key in ("decline_code", "code"):
        if key in error and not error.is_null(key):
            return error.text(key)
    return None


def _payment_status(invoice: Reader) -> str | None:
    """Read how the payment stands that the confirmation secret belongs to."""
    intent = _intent(invoice)
    return intent and intent.text("status")


def _intent(invoice: Reader) -> Reader | None:
    for payment in invoice.pages("payments"):
        means = payment.inner("payment")
        if payment.flag("is_default") and means.text("type") == "payment_intent":
            return means.inner("payment_intent")
    return None
