"""Plays the business's first year: by verbs, by what customers do at their processor, by time.

No row is written by hand. What the pages show afterwards has come in through the same door as in
any other year.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from accrue_core import Actor
from accrue_core.billing.catalog import Price
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.errors import CardDeclined
from examples.litestar_saas.billing import begin_checkout, begins_with_trial, finish_checkout
from examples.litestar_saas.catalog import TRIAL
from examples.litestar_saas.demo.clockwork import Clockwork
from examples.litestar_saas.demo.courier import Courier
from examples.litestar_saas.demo.engine import KeptEngine
from examples.litestar_saas.demo.lives import (
    DECLINED,
    FIRST_DAY,
    LAST_DAY,
    MASTERCARD,
    VISA,
    Turn,
)
from examples.litestar_saas.wiring import Host

Audience = Callable[[int, datetime, int], None]
"""Told how much is done in percent, which day it is, and how many organizations have come."""


class Customer:
    """One organization, as it deals with Fieldnotes and with the payment processor."""

    def __init__(self, host: Host, engine: KeptEngine, turn: Turn) -> None:
        self._billing = host.accrue.billing.acting_as(Actor("user", turn.person.id))
        self._processor = host.accrue.settings.processor
        self._organization = turn.person.organization
        self._engine, self._turn, self._origin = engine, turn, host.origin

    async def buys(self, *, card: str = VISA, seats: int = 1) -> None:
        """Go through checkout and come back."""
        token = await self._opens_checkout(seats)
        await self._engine.call("checkout", "pay", {"token": token, "card": card})
        await self._comes_back()

    async def is_declined(self) -> None:
        """Go through checkout with a card that is refused, and then with another."""
        token = await self._opens_checkout(1)
        with suppress(CardDeclined):
            await self._engine.call("checkout", "pay", {"token": token, "card": DECLINED})
        await self._engine.call("checkout", "pay", {"token": token, "card": VISA})
        await self._comes_back()

    async def leaves_checkout(self) -> None:
        """Look at the checkout page and close it."""
        await self._opens_checkout(1)

    async def subscribes(self, *, card: str = VISA, seats: int = 1) -> None:
        """Subscribe on a form of the host's own."""
        await self._subscribe(seats, payment_method=card)

    async def asks_for_invoices(self, *, seats: int) -> None:
        """Subscribe, to be sent invoices."""
        await self._subscribe(seats, collect="invoice", days_until_due=30)

    async def pays_invoice(self) -> None:
        """Pay the invoices that were sent so far."""
        for invoice in (await self._billing.invoices(self._organization)).items:
            if invoice.is_collectable:
                await self._engine.call("engine", "pay_invoice", {"ref": invoice.ref})

    async def confirms(self) -> None:
        """Tell the bank that it is really them."""
        ref = (await self._subscription()).ref
        await self._engine.call("engine", "authenticate", {"subscription_ref": ref})

    async def adds_card(self, *, card: str = MASTERCARD) -> None:
        """Pay with another card from now on."""
        await self._billing.add_payment_method(self._organization, card, processor=self._processor)

    async def cancels(self) -> None:
        """Leave at the end of the period."""
        await self._billing.cancel((await self._subscription()).id)

    async def keeps(self) -> None:
        """Stay after all."""
        await self._billing.keep((await self._subscription()).id)

    async def cancels_on_portal(self) -> None:
        """Leave at the end of the period, on the processor's own pages."""
        session = await self._billing.create_billing_portal_session(
            self._organization, return_url=f"{self._origin}/settings", processor=self._processor
        )
        token, ref = _token(session.url.reveal()), (await self._subscription()).ref
        await self._engine.call("portal", "cancel", {"token": token, "subscription": ref})

    async def _opens_checkout(self, seats: int) -> str:
        """Return the token in the address of the page to pay on."""
        address = await begin_checkout(
            self._billing,
            self._organization,
            self._turn.offer,
            seats=seats,
            origin=self._origin,
            operation_id=f"year/{self._organization.id}/{self._turn.number}",
        )
        return _token(address)

    async def _comes_back(self) -> None:
        [newest, *_] = await self._billing.checkout_sessions(self._organization)
        await finish_checkout(self._billing, self._organization, newest.id)

    async def _subscribe(self, seats: int, **how: Any) -> None:
        offer = self._turn.offer
        has_trial = await begins_with_trial(self._billing, self._organization, offer)
        await self._billing.subscribe(
            self._organization,
            Price(offer.ref),
            quantity=seats,
            trial=TRIAL if has_trial else None,
            processor=self._processor,
            **how,
        )

    async def _subscription(self) -> Subscription:
        [newest, *_] = await self._billing.subscriptions(self._organization)
        return newest


def _token(address: str) -> str:
    """Return the part of a page's address by which the processor knows whose it is."""
    return address.rpartition("/")[2]


class Seeding:
    """Plays all turns of the year, and lets time pass between them."""

    def __init__(
        self, host: Host, engine: KeptEngine, courier: Courier, clockwork: Clockwork
    ) -> None:
        self._host, self._engine = host, engine
        self._courier, self._clockwork = courier, clockwork
        self.percent = 0

    async def play(self, turns: Sequence[Turn], tell: Audience) -> None:
        """Play them in order, and go on to the last day."""
        seen: set[str] = set()
        for turn in turns:
            await self._until(turn.at, tell, len(seen))
            seen.add(turn.person.id)
            customer = Customer(self._host, self._engine, turn)
            await getattr(customer, turn.act.deed)(**turn.act.how)
            await self._courier.settle()
        await self._until(LAST_DAY, tell, len(seen))
        self.percent = 100
        tell(self.percent, LAST_DAY, len(seen))

    async def _until(self, moment: datetime, tell: Audience, came: int) -> None:
        while (now := self._clockwork.now) < moment:
            await self._clockwork.pass_until(min(now + timedelta(days=1), moment))
            self.percent = int(100 * ((now - FIRST_DAY) / (LAST_DAY - FIRST_DAY)))
            tell(self.percent, now, came)
