"""Payment methods, as Stripe keeps them."""

from __future__ import annotations

from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import ProcessorRejected, RemoteMissing
from accrue_stripe.connection import Connection, Json, wire
from accrue_stripe.errors import FailureRemembered, halfway, translated
from accrue_stripe.params.customers import READABLE
from accrue_stripe.translate.customers import customer
from accrue_stripe.translate.payment_methods import payment_method

_WITH_CUSTOMER = ["customer", *(f"customer.{field}" for field in READABLE)]


class StripePaymentMethods:
    """Operations on payment methods."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def attach(self, request: AttachPaymentMethod, *, key: Key) -> Answer:
        """Attach it, then make it the default: two requests, each under a key of its own.

        Asked again after either, it repeats what Stripe remembers and does what is missing.
        """
        attached = await self._attach(request, key)
        main, payer = payment_method(attached), attached.get("customer")
        if request.make_default:
            payer = await self._make_default(request.customer, main.ref, key)
        return Answer(main, (customer(payer),))

    async def fetch(self, ref: str) -> Answer:
        """Return the payment method as it is now."""
        with translated("payment_method", ref):
            remote = await self._connection.client.v1.payment_methods.retrieve_async(ref)
        return Answer(payment_method(wire(remote)))

    async def find_created(self, request: AttachPaymentMethod) -> Answer | None:
        """Return it if it is attached, and the default where that was asked: its ref is known.

        A test token such as ``pm_card_visa`` is no ref: Stripe attaches a card of another name,
        which only the same key finds again.
        """
        attached = await self._attached(request)
        if attached is None:
            return None
        main, payer = payment_method(attached), customer(attached["customer"])
        if request.make_default and getattr(payer, "default_payment_method", None) != main.ref:
            return None
        return Answer(main, (payer,))

    async def _attach(self, request: AttachPaymentMethod, key: Key) -> Json:
        """Attach it. One that this customer has already is as asked, whoever attached it.

        Looked for as well after a failure that Stripe remembers.
        """
        try:
            with translated("payment_method", request.payment_method):
                remote = await self._connection.client.v1.payment_methods.attach_async(
                    request.payment_method,
                    {"customer": request.customer, "expand": _WITH_CUSTOMER},
                    {"idempotency_key": f"{key.idempotency_key}-attach"},
                )
        except (ProcessorRejected, FailureRemembered):
            with halfway():
                attached = await self._attached(request)
            if attached is None:
                raise
            return attached
        return wire(remote)

    async def _make_default(self, payer: str, ref: str, key: Key) -> Json:
        with halfway(), translated("customer", payer):
            remote = await self._connection.client.v1.customers.update_async(
                payer,
                {"invoice_settings": {"default_payment_method": ref}, "expand": READABLE},
                {"idempotency_key": f"{key.idempotency_key}-default"},
            )
        return wire(remote)

    async def _attached(self, request: AttachPaymentMethod) -> Json | None:
        """Read it with its customer; nothing unless that is the one it was to be attached to."""
        ref = request.payment_method
        try:
            with translated("payment_method", ref):
                remote = await self._connection.client.v1.payment_methods.retrieve_async(
                    ref, {"expand": _WITH_CUSTOMER}
                )
        except RemoteMissing:
            return None
        found = wire(remote)
        payer = found.get("customer")
        is_theirs = isinstance(payer, dict) and payer.get("id") == request.customer
        return found if is_theirs else None
