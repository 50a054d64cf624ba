"""The bench: what a contract suite must be told about one processor.

The suites are the same for every processor. What differs is a price that exists there, the tokens
of its test cards and how its webhooks are signed: a plugin author says so once, in a fixture.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

import pytest

from accrue_core.contracts.capabilities import UNSUPPORTED, Capability
from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.results import Answer, Key
from accrue_core.contracts.subscriptions import CreateSubscription, NewItem
from accrue_core.errors import UnsupportedCapability
from accrue_core.money import Money
from accrue_core.owners import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What differs from processor to processor. Leave out what yours has no way to do.

    ``price`` is a monthly price of ``amount``, ``other_price`` another monthly one of twice that,
    ``yearly_price`` any that recurs each year.
    ``run`` starts every key and owner: choose a new one per run where an account is shared or
    remembers. ``event_body`` writes an event about a thing, by noun and ref; ``sign`` returns the
    headers with which the processor would send bytes at a moment. ``lose_next_answer`` arranges
    that the next request is carried out and its answer is lost; ``delete_customer`` deletes one as
    its owner does in the processor's dashboard; ``complete_checkout`` does on an open session's
    page what a customer with a good card does. ``coupon`` takes half off for ever, and
    ``coupon_once`` half off the first invoice. ``pass_time`` lets time go on at the
    processor until a moment.
    """

    price: str
    amount: Money
    good_payment_method: str
    now: Callable[[], datetime]
    other_price: str | None = None
    yearly_price: str | None = None
    run: str = "contract"
    declined_payment_method: str | None = None
    authenticating_payment_method: str | None = None
    event_body: Callable[[str, str], bytes] | None = None
    sign: Callable[[bytes, datetime], Mapping[str, str]] | None = None
    lose_next_answer: Callable[[], Awaitable[None]] | None = None
    delete_customer: Callable[[str], Awaitable[None]] | None = None
    complete_checkout: Callable[[Answer], Awaitable[None]] | None = None
    coupon: str | None = None
    coupon_once: str | None = None
    pass_time: Callable[[datetime], Awaitable[None]] | None = None
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def key(self) -> Key:
        """Return a key that this run has not used."""
        name = f"{self.run}-{next(self._numbers)}"
        return Key(idempotency_key=f"{name}-key", operation_id=f"{name}-operation")

    def owner(self) -> Owner:
        """Return an owner that this run has not used."""
        return Owner("team", f"{self.run}-{next(self._numbers)}")

    async def customer(self, processor: Processor) -> str:
        """Return the ref of a new customer."""
        answer = await processor.customers.create(
            CreateCustomer(owner=self.owner(), email="payer@example.com"), key=self.key()
        )
        return str(answer.main.ref)

    async def payer(self, processor: Processor, token: str | None = None) -> str:
        """Return the ref of a new customer with a card on file, by default a good one."""
        ref = await self.customer(processor)
        card = self.good_payment_method if token is None else token
        request = AttachPaymentMethod(customer=ref, payment_method=card)
        await processor.payment_methods.attach(request, key=self.key())
        return ref

    def subscription(self, customer: str, *, quantity: int = 1) -> CreateSubscription:
        """Return the plainest request for a subscription."""
        items = (NewItem(price=self.price, quantity=quantity),)
        return CreateSubscription(customer=customer, items=items)

    async def subscribed(self, processor: Processor) -> Answer:
        """Return a subscription that is paid for."""
        customer = await self.payer(processor)
        return await processor.subscriptions.create(self.subscription(customer), key=self.key())


def is_supported(processor: Processor, capability: Capability) -> bool:
    """Whether the processor's own table grants a capability."""
    return processor.support.get(capability, UNSUPPORTED).is_available


async def unless_unsupported(
    processor: Processor, capability: Capability, asked: Awaitable[Answer]
) -> Answer | None:
    """Return the answer; where the capability is declared unsupported, demand the refusal.

    Declared limits are part of the promise: unsupported must mean refused, and not half-done.
    """
    if is_supported(processor, capability):
        return await asked
    with pytest.raises(UnsupportedCapability):
        await asked
    return None
