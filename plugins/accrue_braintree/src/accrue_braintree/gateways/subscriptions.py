"""Subscriptions, as Braintree keeps them."""

from __future__ import annotations

from accrue_braintree.connection import Connection
from accrue_braintree.gateways.payment_methods import BraintreePaymentMethods
from accrue_braintree.translate.invoices import invoices
from accrue_braintree.translate.subscriptions import (
    customer_in,
    payment_method_in,
    subscription,
)
from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.payment_methods import PaymentMethodSnapshot
from accrue_core.contracts.results import Answer, AnySnapshot, Key
from accrue_core.contracts.subscription_gateway import RefusedChanges
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    KeepSubscription,
    SubscriptionSnapshot,
)
from accrue_core.errors import RemoteMissing

_CANCELS = {
    "now": Capability.CANCEL_NOW,
    "period_end": Capability.CANCEL_AT_PERIOD_END,
    "at": Capability.CANCEL_AT_DATE,
}


class BraintreeSubscriptions(RefusedChanges):
    """Operations on subscriptions."""

    def __init__(self, connection: Connection, payment_methods: BraintreePaymentMethods) -> None:
        super().__init__(connection.name)
        self._connection = connection
        self._payment_methods = payment_methods

    async def create(self, request: CreateSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise self._refused(Capability.SUBSCRIBE)

    async def cancel(self, request: CancelSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise self._refused(_CANCELS[request.when])

    async def keep(self, request: KeepSubscription, *, key: Key) -> Answer:  # noqa: ARG002
        """Refuse: not supported yet."""
        raise self._refused(Capability.KEEP)

    async def fetch(self, ref: str) -> Answer:
        """Return the subscription as it is now, with the invoices made of its transactions.

        Braintree names its customer in its transactions. Before the first of them, the payment
        method knows, and comes along; when that was deleted, nobody does.
        """
        remote = await self._connection.ask(
            "subscription", ref, lambda gateway: gateway.subscription.find(ref)
        )
        customer = customer_in(remote)
        card = None if customer is not None else await self._card(payment_method_in(remote))
        if card is not None:
            customer = card.customer
        account = self._connection.account
        main = subscription(remote, account, customer)
        others: list[AnySnapshot] = [card] if card is not None else []
        if isinstance(main, SubscriptionSnapshot):
            others += invoices(remote, account, main.customer)
        return Answer(main, others)

    async def _card(self, token: str | None) -> PaymentMethodSnapshot | None:
        if token is None:
            return None
        try:
            answer = await self._payment_methods.fetch(token)
        except RemoteMissing:
            return None
        card: PaymentMethodSnapshot = answer.main
        return card
