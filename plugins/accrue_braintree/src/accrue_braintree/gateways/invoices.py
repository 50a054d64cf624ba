"""Invoices, as they follow from a subscription's transactions."""

from __future__ import annotations

from accrue_braintree.gateways.subscriptions import BraintreeSubscriptions
from accrue_braintree.translate.invoices import subscription_in
from accrue_core.contracts.results import Answer
from accrue_core.errors import RemoteMissing


class BraintreeInvoices:
    """The operation on invoices."""

    def __init__(self, subscriptions: BraintreeSubscriptions) -> None:
        self._subscriptions = subscriptions

    async def fetch(self, ref: str) -> Answer:
        """Return the invoice as it is now, and everything that was read to build it."""
        try:
            whole = await self._subscriptions.fetch(subscription_in(ref))
        except RemoteMissing:
            raise RemoteMissing(noun="invoice", ref=ref) from None
        for snapshot in whole.others:
            if snapshot.ref == ref and snapshot.noun == "invoice":
                others = [other for other in whole.snapshots if other is not snapshot]
                return Answer(snapshot, others)
        raise RemoteMissing(noun="invoice", ref=ref)
