"""One organization's year, as its processor, its webhooks and its people would have it.

Every step says what must be true after it; a story that comes out otherwise ends the process.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, Protocol

from accrue_core import Actor
from accrue_core.billing.subscriptions.models import Subscription
from accrue_core.contracts.handlers import LedgerEntryView
from examples.litestar_saas.courier import Courier
from examples.litestar_saas.people import BIRCH, INES
from examples.litestar_saas.wiring import Host

Gate = Literal["open", "closed"]


class StoryWentWrong(Exception):
    """Something is not as the story says."""


class Audience(Protocol):
    """Whoever watches: the terminal."""

    async def see_day(self, day: datetime) -> None:
        """A day has passed."""

    async def see_step(
        self, day: datetime, what: str, status: str, gate: Gate, news: list[LedgerEntryView]
    ) -> None:
        """Something happened, and this is how things stand."""


class Story:
    """Tells the year from the sign-up on the 17th of January to the last day of December."""

    def __init__(self, host: Host, courier: Courier, audience: Audience) -> None:
        self._host, self._courier, self._audience = host, courier, audience
        self._billing = host.accrue.billing.acting_as(Actor("user", INES.id))
        self._subscription_id = ""
        self._told: set[str] = set()

    async def tell(self) -> None:
        """Tell all of it. Raises ``StoryWentWrong`` when the books disagree with the story."""
        await self._signs_up()
        await self._pays_month_by_month()
        await self._card_fails()
        await self._recovers()
        await self._changes_its_mind()
        await self._leaves()

    async def _signs_up(self) -> None:
        outcome = await self._billing.subscribe(
            BIRCH, "pro", trial=timedelta(days=14), payment_method="pm_card_visa"
        )
        self._subscription_id = outcome.value.id
        await self._step("signs up for Pro, free for 14 days", "trialing", "open")

    async def _pays_month_by_month(self) -> None:
        await self._until(2, 1)
        await self._step("the trial is over, the card is charged", "active", "open")
        for month, day, what in (
            (3, 1, "renews on 28 February: the month has no 31st"),
            (4, 1, "renews on 31 March"),
            (5, 1, "renews on 30 April"),
        ):
            await self._until(month, day)
            await self._step(what, "active", "open")

    async def _card_fails(self) -> None:
        await self._until(5, 20)
        await self._billing.add_payment_method(BIRCH, "pm_card_chargeDeclined")
        await self._step("puts a new card on file; its bank will refuse it", "active", "open")
        for month, day, what in (
            (6, 1, "the renewal of 31 May is declined"),
            (6, 4, "tried again after 3 days: declined"),
            (6, 9, "tried again after 5 more days: declined"),
        ):
            await self._until(month, day)
            await self._step(what, "past_due", "closed")

    async def _recovers(self) -> None:
        await self._until(6, 11)
        await self._billing.add_payment_method(BIRCH, "pm_card_mastercard")
        await self._step("adds another card; the next attempt is due", "past_due", "closed")
        await self._until(6, 16)
        await self._step("the last attempt goes through", "active", "open")
        for month, day, what in (
            (7, 1, "renews on 30 June"),
            (8, 1, "renews on 31 July"),
            (9, 1, "renews on 31 August"),
            (10, 1, "renews on 30 September"),
        ):
            await self._until(month, day)
            await self._step(what, "active", "open")

    async def _changes_its_mind(self) -> None:
        await self._until(10, 10)
        await self._billing.cancel(self._subscription_id)
        await self._step("cancels for the end of the period", "active", "open")
        await self._until(10, 12)
        await self._billing.keep(self._subscription_id)
        await self._step("changes its mind and keeps it", "active", "open")
        await self._until(12, 1)
        await self._step("renews on 31 October and 30 November", "active", "open")

    async def _leaves(self) -> None:
        await self._until(12, 5)
        await self._billing.cancel(self._subscription_id)
        await self._step("cancels again, for good", "active", "open")
        await self._until(12, 31, hour=12)
        await self._step("the paid period is over", "canceled", "closed")

    async def _until(self, month: int, day: int, *, hour: int = 9) -> None:
        """Let time pass day by day, with every webhook delivered on the day it is owed."""
        engine = self._host.engine
        now = engine.clock.now()
        end = now.replace(month=month, day=day, hour=hour)
        while now < end:
            now = engine.advance(min(timedelta(days=1), end - now))
            await self._courier.settle()
            await self._audience.see_day(now)

    async def _step(self, what: str, status: str, gate: Gate) -> None:
        await self._courier.settle()
        subscription: Subscription = await self._billing.subscription(self._subscription_id)
        is_open = await self._billing.entitled(BIRCH, "reports")
        found: Gate = "open" if is_open else "closed"
        now = self._host.engine.clock.now()
        if (subscription.status.value, found) != (status, gate):
            raise StoryWentWrong(
                f"on {now:%d %B}, after {what!r}: {subscription.status.value} with the gate "
                f"{found}, where the story has {status} and {gate}"
            )
        await self._audience.see_step(now, what, status, gate, await self._news())

    async def _news(self) -> list[LedgerEntryView]:
        page = await self._billing.timeline_for(BIRCH, limit=100)
        news = [entry for entry in reversed(page.items) if entry.id not in self._told]
        self._told.update(entry.id for entry in news)
        return news
