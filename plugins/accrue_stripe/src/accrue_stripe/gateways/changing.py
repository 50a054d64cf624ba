"""How a running subscription of Stripe's becomes one for something else, or is only asked about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from accrue_core.contracts.changes import ChangeSubscription, PreviewedChange
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import SubscriptionSnapshot
from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_stripe.connection import wire
from accrue_stripe.errors import afterwards, declined, translated
from accrue_stripe.gateways.actions import with_intents
from accrue_stripe.gateways.wholes import whole_preview, whole_subscription, with_all
from accrue_stripe.params.changes import changed_items, previewed_items
from accrue_stripe.params.subscriptions import READABLE, WITH_INVOICE
from accrue_stripe.translate.actions import ChangePayment, change_payment
from accrue_stripe.translate.previews import previewed_change
from accrue_stripe.translate.reading import refuse
from accrue_stripe.translate.subscriptions import subscription

if TYPE_CHECKING:
    import stripe


async def change(client: stripe.StripeClient, request: ChangeSubscription, key: Key) -> Answer:
    """Make the change, and say where it stands if it waits for its money.

    Stripe keeps items that a request does not name, so what there is is looked at first.
    """
    before = await _as_it_is(client, request.ref)
    _require_no_others(request, before)
    params = changed_items(request, before)
    with translated("subscription", request.ref):
        options: stripe.RequestOptions = {"idempotency_key": key.idempotency_key}
        changed = wire(await client.v1.subscriptions.update_async(request.ref, params, options))
    with afterwards(), translated("subscription", request.ref):
        answer = await with_all(client, changed)
    if not isinstance(answer.main, SubscriptionSnapshot) or answer.main.pending_until is None:
        return answer
    return await _waiting(client, answer, key)


async def preview(client: stripe.StripeClient, request: ChangeSubscription) -> PreviewedChange:
    """Ask what the same change would put on an invoice."""
    before = await _as_it_is(client, request.ref)
    _require_no_others(request, before)
    params = previewed_items(request, before)
    with translated("subscription", request.ref):
        said = wire(await client.v1.invoices.create_preview_async(params))
        whole = await whole_preview(client, said)
    return previewed_change(whole, request, before)


async def _waiting(client: stripe.StripeClient, answer: Answer, key: Key) -> Answer:
    """Say what a change waits for; take it back where the card was refused.

    The answer may be one that Stripe remembers, so how the payment stands is asked now. Only an
    invoice that is void says that the change will not be made; of one that is neither void nor
    open (paid by now, or a draft, or given up) the subscription itself tells, and is read again.
    """
    ref, invoice = answer.main.ref, answer.main.latest_invoice
    if invoice is None:
        refuse("subscription.latest_invoice", "null while a change waits to be paid for")
    with afterwards():
        payment = change_payment(await with_intents(client, invoice))
    if payment.invoice_status == "open" and not payment.is_refused:
        return replace(answer, next_action=payment.action)
    if payment.invoice_status not in ("open", "void"):
        with afterwards(), translated("subscription", ref):
            remote = await client.v1.subscriptions.retrieve_async(ref, {"expand": WITH_INVOICE})
            return await with_all(client, wire(remote))
    if payment.invoice_status == "open":
        with afterwards(), translated("invoice", invoice):
            options: stripe.RequestOptions = {"idempotency_key": f"{key.idempotency_key}-void"}
            await client.v1.invoices.void_invoice_async(invoice, {}, options)
    raise _refusal(payment)


def _refusal(payment: ChangePayment) -> ProcessorRejected | CardDeclined:
    """Return why a change was not made, now that it certainly was not."""
    if not payment.is_refused:
        return ProcessorRejected("the change was not paid for in time", reason="lapsed")
    if not payment.has_card:
        return ProcessorRejected("there is nothing to charge", reason="no_payment_method")
    return declined(payment.refusal or "card_declined")


async def _as_it_is(client: stripe.StripeClient, ref: str) -> SubscriptionSnapshot:
    with translated("subscription", ref):
        remote = await client.v1.subscriptions.retrieve_async(ref, {"expand": READABLE})
        found = subscription(await whole_subscription(client, wire(remote)))
    if not isinstance(found, SubscriptionSnapshot):
        refuse("subscription.status", getattr(found, "word", "deleted"))
    return found


def _require_no_others(request: ChangeSubscription, before: SubscriptionSnapshot) -> None:
    """Refuse a request that was made for other items than there are.

    One that is repeated finds them as it made them, and is answered from Stripe's memory. Items
    that are named and not there are left for Stripe to refuse.
    """
    named = {target.ref for target in request.items} | set(request.removed)
    others = [item.ref for item in before.items if item.ref not in named]
    if others and not request.is_met_by(before):
        raise ProcessorRejected(
            "the subscription has other items", reason="items_changed", param="items"
        )
