"""How a subscription of Stripe's is ended at once, and how a pending end is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accrue_core.contracts.results import Key
from accrue_core.contracts.subscriptions import CancelSubscription, KeepSubscription
from accrue_core.errors import RemoteMissing
from accrue_stripe.connection import Json, wire
from accrue_stripe.errors import FailureRemembered, afterwards, halfway, translated
from accrue_stripe.params import subscriptions as params
from accrue_stripe.translate.metadata import ENDED_BY

if TYPE_CHECKING:
    import stripe


async def end_now(client: stripe.StripeClient, request: CancelSubscription, key: Key) -> Json:
    """Mark it, then end it: the mark is what makes asking again the same as asking once.

    Stripe ends with a DELETE, remembers keys of POSTs only, and answers a second DELETE with a
    bare 404. The mark is a POST: its remembered answer tells whether the subscription was alive
    when this operation began. If it was, and has ended by now, it ended as asked.
    """
    ref, subscriptions = request.ref, client.v1.subscriptions
    marked = await _marked(client, ref, key)
    try:
        with translated("subscription", ref):
            options: stripe.RequestOptions = {"idempotency_key": f"{key.idempotency_key}-end"}
            return wire(await subscriptions.cancel_async(ref, params.end_now(request), options))
    except RemoteMissing:
        if marked.get("ended_at") is not None:
            raise
        with afterwards(), translated("subscription", ref):
            found = await _as_it_is(client, ref)
        if found.get("ended_at") is None:
            raise
        return found


async def _marked(client: stripe.StripeClient, ref: str, key: Key) -> Json:
    """Return the subscription with the mark of this operation on it.

    Looked for after a failure that Stripe remembers. On one that has ended by then, the mark does
    not tell whether it was alive.
    """
    try:
        with translated("subscription", ref):
            return wire(
                await client.v1.subscriptions.update_async(
                    ref,
                    {"metadata": {ENDED_BY: key.operation_id}},
                    {"idempotency_key": f"{key.idempotency_key}-mark"},
                )
            )
    except FailureRemembered:
        with halfway(), translated("subscription", ref):
            found = await _as_it_is(client, ref)
        metadata = found.get("metadata") or {}
        if metadata.get(ENDED_BY) != key.operation_id or found.get("ended_at") is not None:
            raise
        return found


async def keep(client: stripe.StripeClient, request: KeepSubscription, key: Key) -> Json:
    """Undo an end at period end, and then one at a date, if there still is one.

    Each is a request of its own, since Stripe refuses both in one, and which of the two an end
    was may depend on who asked for it: in flexible billing its own portal sets a date.
    """
    ref, subscriptions = request.ref, client.v1.subscriptions
    kept = await _kept(client, ref, key)
    if kept.get("cancel_at") is None:
        return kept
    with halfway(), translated("subscription", ref):
        options: stripe.RequestOptions = {"idempotency_key": f"{key.idempotency_key}-date"}
        return wire(await subscriptions.update_async(ref, params.NOT_AT_A_DATE, options))


async def _kept(client: stripe.StripeClient, ref: str, key: Key) -> Json:
    """Return the subscription without an end at period end; looked for after a failure."""
    try:
        with translated("subscription", ref):
            options: stripe.RequestOptions = {"idempotency_key": f"{key.idempotency_key}-period"}
            return wire(
                await client.v1.subscriptions.update_async(ref, params.NOT_AT_PERIOD_END, options)
            )
    except FailureRemembered:
        with halfway(), translated("subscription", ref):
            found = await _as_it_is(client, ref)
        if found.get("cancel_at_period_end") or found.get("ended_at") is not None:
            raise
        return found


async def _as_it_is(client: stripe.StripeClient, ref: str) -> Json:
    return wire(await client.v1.subscriptions.retrieve_async(ref, {"expand": params.WITH_INVOICE}))
