"""A bench whose customers live by a test clock of Stripe's, one for each test.

A clock stands a minute before the test began, so that nothing depends on whose time is right, and
its end takes along whatever came of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe

from accrue_core.contracts.customers import CreateCustomer
from accrue_core.contracts.processor import Processor
from accrue_core.testing.contracts.bench import Bench
from accrue_stripe.params.customers import new_customer
from tests.live.lane import TEN_DOLLARS, Furniture, Line
from tests.stripe.asking import event_body, sign

_PATIENCE = 120.0


class Clock:
    """A test clock that is made when somebody first needs it."""

    def __init__(self, sdk: stripe.StripeClient, name: str) -> None:
        self.sdk, self._name = sdk, name
        self._ref: str | None = None
        self.now = datetime.fromtimestamp(int(time.time()) - 60, UTC)

    async def ref(self) -> str:
        """Return it, made now if there is none."""
        if self._ref is None:
            made = await self.sdk.v1.test_helpers.test_clocks.create_async(
                {"frozen_time": int(self.now.timestamp()), "name": self._name}
            )
            self._ref = made.id
        return self._ref

    async def advance(self, moment: datetime) -> None:
        """Let time pass until then, and wait until Stripe has caught up."""
        clocks, ref = self.sdk.v1.test_helpers.test_clocks, await self.ref()
        await clocks.advance_async(ref, {"frozen_time": int(moment.timestamp())})
        async with asyncio.timeout(_PATIENCE):
            while (clock := await clocks.retrieve_async(ref)).status == "advancing":
                await asyncio.sleep(1.0)
        assert clock.status == "ready"
        self.now = moment

    async def delete(self) -> None:
        """Take it away, and everybody who lives by it."""
        if self._ref is not None:
            with suppress(stripe.InvalidRequestError):
                await self.sdk.v1.test_helpers.test_clocks.delete_async(self._ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockedBench(Bench):
    """A bench whose customers live by a clock of their own."""

    clock: Clock

    async def customer(self, processor: Processor) -> str:
        """Return the ref of a new customer."""
        request, key = CreateCustomer(owner=self.owner(), email="payer@example.com"), self.key()
        params: Any = {**new_customer(request, key), "test_clock": await self.clock.ref()}
        options: Any = {"idempotency_key": key.idempotency_key}
        return (await self.clock.sdk.v1.customers.create_async(params, options)).id


@asynccontextmanager
async def bench_in(
    furniture: Furniture, sdk: stripe.StripeClient, line: Line, *, number: int
) -> AsyncIterator[Bench]:
    """Return the bench of one test; its clock is taken away afterwards."""
    run = f"{furniture.run}-{number}"
    clock = Clock(sdk, run)

    async def lose_next_answer() -> None:
        line.loses_next = True

    async def delete_customer(ref: str) -> None:
        await sdk.v1.customers.delete_async(ref)

    card: Any = {"type": "card", "card": {"token": "tok_visa"}}
    try:
        yield ClockedBench(
            clock=clock,
            price=furniture.prices["ten"],
            other_price=furniture.prices["twenty"],
            yearly_price=furniture.prices["yearly"],
            amount=TEN_DOLLARS,
            run=run,
            good_payment_method=(await sdk.v1.payment_methods.create_async(card)).id,
            declined_payment_method="pm_card_chargeCustomerFail",
            authenticating_payment_method="pm_card_authenticationRequired",
            now=lambda: clock.now,
            event_body=event_body,
            sign=sign,
            lose_next_answer=lose_next_answer,
            delete_customer=delete_customer,
            pass_time=clock.advance,
            coupon=furniture.coupon,
            coupon_once=furniture.coupon_once,
        )
    finally:
        await clock.delete()
