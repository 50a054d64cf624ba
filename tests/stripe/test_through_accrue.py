"""Accrue's verbs at the stand-in account: one effect each, mirrored, gated and in the ledger."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from accrue_core import Accrue, Billing, Catalog, Owner, Plan, Settings
from accrue_core.billing.catalog import Price
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.db.database_clock import db_clock
from accrue_core.errors import ProcessorRejected, ProcessorUnavailable
from accrue_core.operations.models import OperationStatus, operations
from accrue_core.webhooks.ingest import ingest
from tests.stage import Offered
from tests.stripe.account.app import Account
from tests.stripe.account.line import Fault
from tests.stripe.asking import ASKING, GOOD, OTHER_PRICE, PRICE, asking, furnished, sign
from tests.stripe.send_event import event

TEAM = Owner("team", "42")
ORIGIN = "https://app.example.com"


@dataclass(frozen=True)
class Shop:
    """An Accrue whose only processor is the account."""

    account: Account
    accrue: Accrue

    @property
    def billing(self) -> Billing:
        return self.accrue.billing

    async def hear(self, type_: str, object_: str, ref: str) -> None:
        """Let the account send an event, and work until nothing is due."""
        about = {"object": object_, "id": ref}
        sent = event(type_, about, ref=f"evt_{time.monotonic_ns()}", created=self.account.now)
        body = json.dumps(sent).encode()
        await ingest(self.billing, "stripe", body, sign(body, self.billing.clock.now()))
        await self.accrue.work.drain()

    async def let_leases_end(self) -> None:
        """Let the process that asked have gone away a lease ago."""
        ended = update(operations).values(lease_until=db_clock(timedelta(seconds=-1)))
        async with self.accrue.runtime.engines().writing.begin() as connection:
            await connection.execute(ended.where(operations.c.status == OperationStatus.OPEN))

    def made(self, object_: str) -> int:
        return len(self.account.books.all(object_))


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Shop]:
    account = furnished()
    account.now = int(time.time())
    async with asking(account) as processor:
        accrue = Accrue(
            Settings(
                database_url=database_url,
                plugins_disabled=frozenset({"stripe", "fake"}),
                allowed_origins=frozenset({ORIGIN}),
            ),
            catalog=Catalog(Plan(key="pro", features={"reports"}, prices={"stripe": PRICE})),
            plugins=[Offered([processor])],
        )
        try:
            yield Shop(account, accrue)
        finally:
            await accrue.runtime.close()


async def test_a_life_of_a_subscription(prepared_database_url: str) -> None:
    async with opened(prepared_database_url) as shop:
        billing = shop.billing
        outcome = await billing.subscribe(TEAM, "pro", payment_method=ASKING, operation_id="form")
        assert outcome.next_action is not None
        assert outcome.next_action.kind == "authenticate"
        assert not await billing.entitled(TEAM, "reports")

        shop.account.authenticate(outcome.value.ref)
        await shop.hear("customer.subscription.updated", "subscription", outcome.value.ref)
        assert await billing.entitled(TEAM, "reports")
        again = await billing.subscribe(TEAM, "pro", payment_method=ASKING, operation_id="form")
        assert (again.value.id, again.next_action) == (outcome.value.id, None)

        ending = await billing.cancel(outcome.value.id)
        assert ending.cancel_at_period_end
        assert not (await billing.keep(outcome.value.id)).cancel_at_period_end
        ended = await billing.cancel(outcome.value.id, when="now")
        assert ended.status == SubscriptionStatus.CANCELED
        assert not await billing.entitled(TEAM, "reports")

        entries = (await billing.timeline_for(outcome.value.id)).items
        assert [entry.type for entry in reversed(entries)][:2] == [
            "subscription.started",
            "subscription.activated",
        ]
        assert (await billing.verify_ledger()).is_intact
        assert (shop.made("customer"), shop.made("subscription")) == (1, 1)


async def test_a_subscription_without_a_card_is_refused_for_good(
    prepared_database_url: str,
) -> None:
    async with opened(prepared_database_url) as shop:
        for _ in range(2):
            with pytest.raises(ProcessorRejected) as caught:
                await shop.billing.subscribe(TEAM, "pro", operation_id="form")
            assert caught.value.reason == "no_payment_method"
        assert len(shop.account.requests("POST", "/v1/subscriptions")) == 1


async def test_a_checkout_leads_to_a_subscription(prepared_database_url: str) -> None:
    async with opened(prepared_database_url) as shop:
        billing = shop.billing
        outcome = await billing.create_checkout_session(
            TEAM, "pro", success_url=f"{ORIGIN}/done", cancel_url=f"{ORIGIN}/plans"
        )
        assert outcome.next_action is not None
        shop.account.complete_checkout(outcome.value.ref)
        await shop.hear("checkout.session.completed", "checkout.session", outcome.value.ref)

        assert await billing.entitled(TEAM, "reports")
        (subscription,) = await billing.subscriptions(TEAM)
        assert subscription.status == SubscriptionStatus.ACTIVE
        assert len(await billing.payment_methods(TEAM)) == 1


async def subscribe(billing: Billing) -> Any:
    return (await billing.subscribe(TEAM, "pro", payment_method=GOOD, operation_id="x")).value


LOST = {
    "the customer": ("POST /v1/customers", True),
    "the card": ("POST /v1/payment_methods", True),
    "the default": ("POST /v1/customers/", True),
    "the subscription": ("POST /v1/subscriptions", True),
    "the customer, before": ("POST /v1/customers", False),
    "the card, before": ("POST /v1/payment_methods", False),
    "the default, before": ("POST /v1/customers/", False),
    "the subscription, before": ("POST /v1/subscriptions", False),
}


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("is_recovered", [False, True], ids=["asked again", "recovered first"])
async def test_a_lost_answer_is_one_subscription_in_the_end(
    prepared_database_url: str, lost: str, is_recovered: bool
) -> None:
    to, is_done = LOST[lost]
    async with opened(prepared_database_url) as shop:
        shop.account.faults.append(Fault(httpx.ReadError("reset"), is_done=is_done, to=to))
        with pytest.raises(ProcessorUnavailable) as caught:
            await subscribe(shop.billing)
        assert caught.value.operation_id == "x"
        if is_recovered or "customer" in lost:
            # A customer has no id of the caller's to be asked for again under: it is recovered.
            await shop.let_leases_end()
        if is_recovered:
            assert await shop.billing.recover_operations() == {"settled": 1}

        subscription = await subscribe(shop.billing)

        assert subscription.status == SubscriptionStatus.ACTIVE
        assert await shop.billing.open_operations() == []
        assert [shop.made(one) for one in ("customer", "subscription", "invoice")] == [1, 1, 1]
        assert await shop.billing.entitled(TEAM, "reports")


ENDS: dict[str, Callable[[Billing, str], Any]] = {
    "now": lambda billing, id_: billing.cancel(id_, when="now", operation_id="end"),
    "later": lambda billing, id_: billing.cancel(id_, operation_id="end"),
}


@pytest.mark.parametrize("when", ENDS)
@pytest.mark.parametrize("is_recovered", [False, True], ids=["asked again", "recovered first"])
async def test_a_lost_end_is_one_end(
    prepared_database_url: str, when: str, is_recovered: bool
) -> None:
    async with opened(prepared_database_url) as shop:
        subscription = await subscribe(shop.billing)
        to = "DELETE" if when == "now" else "POST /v1/subscriptions/"
        shop.account.faults.append(Fault(httpx.ReadError("reset"), is_done=True, to=to))
        with pytest.raises(ProcessorUnavailable):
            await ENDS[when](shop.billing, subscription.id)
        if is_recovered:
            await shop.let_leases_end()
            assert await shop.billing.recover_operations() == {"settled": 1}

        ended = await ENDS[when](shop.billing, subscription.id)

        assert ended.cancel_at_period_end == (when == "later")
        assert (ended.ended_at is not None) == (when == "now")
        assert await shop.billing.open_operations() == []


async def test_a_previewed_change_costs_what_was_shown(prepared_database_url: str) -> None:
    async with opened(prepared_database_url) as shop:
        billing = shop.billing
        subscription = await subscribe(billing)
        shown = await billing.preview_change(
            subscription.id, Price(OTHER_PRICE), proration="always_invoice", quantity=2
        )
        outcome = await billing.swap_plan(
            subscription.id,
            Price(OTHER_PRICE),
            proration="always_invoice",
            quantity=2,
            preview=shown.token,
        )

        assert outcome.value.items[0].price == OTHER_PRICE
        (newest, *_) = (await billing.invoices(TEAM)).items
        assert (newest.total, newest.amount_paid) == (shown.total, shown.amount_due)


@pytest.mark.parametrize("is_recovered", [False, True], ids=["asked again", "recovered first"])
async def test_a_lost_change_is_one_change(prepared_database_url: str, is_recovered: bool) -> None:
    async with opened(prepared_database_url) as shop:
        subscription = await subscribe(shop.billing)

        async def change() -> Any:
            return await shop.billing.update_quantity(
                subscription.id, 4, proration="always_invoice", operation_id="more"
            )

        to = f"POST /v1/subscriptions/{subscription.ref}"
        shop.account.faults.append(Fault(httpx.ReadError("reset"), is_done=True, to=to))
        with pytest.raises(ProcessorUnavailable):
            await change()
        if is_recovered:
            await shop.let_leases_end()
            assert await shop.billing.recover_operations() == {"settled": 1}

        outcome = await change()

        assert outcome.value.items[0].quantity == 4
        assert shop.made("invoice") == 2
        assert await shop.billing.open_operations() == []


async def test_a_change_that_waits_for_the_bank_is_made_when_it_is_paid(
    prepared_database_url: str,
) -> None:
    async with opened(prepared_database_url) as shop:
        subscription = await subscribe(shop.billing)
        await shop.billing.add_payment_method(TEAM, ASKING, make_default=True)
        outcome = await shop.billing.update_quantity(subscription.id, 4, proration="always_invoice")
        assert outcome.next_action is not None
        assert outcome.value.is_pending
        assert await shop.billing.entitled(TEAM, "reports")

        shop.account.authenticate(subscription.ref)
        await shop.hear(
            "customer.subscription.pending_update_applied", "subscription", subscription.ref
        )

        (row,) = await shop.billing.subscriptions(TEAM)
        assert (row.is_pending, row.items[0].quantity) == (False, 4)
