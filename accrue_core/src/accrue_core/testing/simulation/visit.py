"""What a customer does at the host, through the public verbs and on the processor's pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

from accrue_core.billing.catalog import Price
from accrue_core.contracts.changes import CollectionPause, PauseBehavior, Proration
from accrue_core.contracts.invoices import InvoiceStatus
from accrue_core.contracts.results import Outcome
from accrue_core.contracts.subscriptions import SubscriptionStatus
from accrue_core.testing.simulation.desk import Customer, Desk


class Visit:
    """One customer, here and now."""

    def __init__(self, desk: Desk, customer: Customer) -> None:
        self._desk, self._customer = desk, customer
        self._billing, self._engine = desk.billing, desk.engine
        self._market, self._chance = desk.market, customer.chance

    async def subscribe(self) -> None:
        """Start a subscription: a plan or a price, some seats, perhaps on trial."""
        chance, customer, market = self._chance, self._customer, self._market
        yearly, monthly = chance.one_of(market.yearly), chance.one_of(market.plans)
        plan: str | Price = yearly if chance.happens(0.2) else monthly
        quantity = 1 if chance.happens(0.6) else 2 + chance.below(9)
        trial = timedelta(days=chance.one_of((7, 14, 30))) if chance.happens(0.3) else None
        terms: dict[str, Any] = {"collect": "invoice", "days_until_due": 14}
        if chance.happens(0.94):
            terms = {"payment_method": customer.card}
        outcome = await self._desk.call(
            customer,
            "subscribe",
            lambda id_: self._billing.subscribe(
                customer, plan, quantity=quantity, trial=trial, operation_id=id_, **terms
            ),
        )
        if outcome is not None:
            customer.id, customer.ref = outcome.value.id, outcome.value.ref
            self._answer_the_bank(outcome)

    async def swap(self) -> None:
        """Change to another plan, or to one paid by the year, having seen what it costs."""
        items = (await self._row()).items
        is_paused = self._desk.subscription(self._customer).collection_paused is not None
        monthly, yearly = self._market.plans, self._market.yearly
        plans: tuple[str | Price, ...] = (*monthly, *yearly)
        if len(items) > 1 or is_paused:
            # One interval for all items, and no new period while nothing is collected.
            plans = yearly if Price(items[0].price) in yearly else monthly
        plan = self._chance.one_of(plans)
        if self._billing.catalog.price(plan, self._market.processor) != items[0].price:
            await self._change("swap_plan", plan=plan)

    async def change_seats(self) -> None:
        """Have more or fewer seats."""
        item = (await self._row()).items[0]
        quantity = 1 + self._chance.below(12)
        if quantity != item.quantity:
            await self._change("update_quantity", quantity=quantity)

    async def change_extra(self) -> None:
        """Add the extra plan, or take it out again."""
        row, billing = await self._row(), self._billing
        proration: Proration = "create_prorations" if self._chance.happens(0.5) else "none"
        if len(row.items) > 1:
            last = row.items[-1].id
            await self._desk.call(
                self._customer,
                "remove_item",
                lambda id_: billing.remove_item(
                    row.id, last, proration=proration, operation_id=id_
                ),
            )
        elif Price(row.items[0].price) not in self._market.yearly:
            await self._desk.call(
                self._customer,
                "add_item",
                lambda id_: billing.add_item(
                    row.id, self._market.extra, proration=proration, operation_id=id_
                ),
            )

    async def pause(self) -> None:
        """Stop paying for a while, or until further notice; rest, where nothing is open."""
        standing = self._desk.subscription(self._customer)
        until = self._engine.clock.now() + timedelta(days=40) if self._chance.happens(0.5) else None
        may_rest = standing.status == SubscriptionStatus.ACTIVE and standing.collection == "charge"
        invoices = self._chance.one_of(get_args(PauseBehavior if may_rest else CollectionPause))
        if invoices == "none":
            until = None
        await self._desk.call(
            self._customer,
            "pause",
            lambda id_: self._billing.pause(
                self._id, invoices=invoices, until=until, operation_id=id_
            ),
        )

    async def resume(self) -> None:
        """Pay again."""
        await self._desk.call(
            self._customer, "resume", lambda id_: self._billing.resume(self._id, operation_id=id_)
        )

    async def come_back(self) -> None:
        """End a rest, or pay the invoice that would end it."""
        newest = self._desk.subscription(self._customer).latest_invoice
        if self._engine.books.invoices[newest or ""].snapshot.status == InvoiceStatus.OPEN:
            self.pay_by_hand()
        else:
            await self.resume()

    async def cancel(self) -> None:
        """Leave: when the period ends, at once, or on some day."""
        day = self._engine.clock.now() + timedelta(days=1 + self._chance.below(40))
        when = self._chance.one_of(("period_end", "period_end", "period_end", "now", day))
        await self._desk.call(
            self._customer,
            "cancel",
            lambda id_: self._billing.cancel(self._id, when=when, operation_id=id_),  # type: ignore[arg-type]
        )

    async def keep(self) -> None:
        """Stay after all."""
        await self._desk.call(
            self._customer, "keep", lambda id_: self._billing.keep(self._id, operation_id=id_)
        )

    async def move_trial(self) -> None:
        """Ask for a longer trial, or begin to pay before it is over."""
        end = self._desk.subscription(self._customer).trial_end
        if end is None or self._chance.happens(0.5):
            await self._desk.call(
                self._customer,
                "end_trial",
                lambda id_: self._billing.end_trial(self._id, operation_id=id_),
            )
            return
        later = end + timedelta(days=10)
        await self._desk.call(
            self._customer,
            "extend_trial",
            lambda id_: self._billing.extend_trial(self._id, until=later, operation_id=id_),
        )

    async def bring_a_good_card(self) -> None:
        """Have a card on file that pays: what is owed is collected with it."""
        self._customer.card = self._market.good_card
        await self._desk.call(
            self._customer,
            "add_payment_method",
            lambda id_: self._billing.add_payment_method(
                self._customer.owner, self._market.good_card, operation_id=id_
            ),
        )

    def pay_by_hand(self) -> None:
        """Pay the newest invoice on its page, if there is one to pay."""
        newest = self._desk.subscription(self._customer).latest_invoice
        if newest is None:
            return
        if self._engine.books.invoices[newest].snapshot.status == InvoiceStatus.OPEN:
            self._engine.pay_invoice(newest)
            self._desk.verbs["paid on its page"] += 1

    async def _change(self, verb: str, **what: Any) -> None:
        """Preview a change of the first item, and make it as it was shown."""
        item = (await self._row()).items[0].id
        paused = self._desk.subscription(self._customer).collection_paused is not None
        ways: tuple[Proration, ...] = get_args(Proration)
        wanted = {**what, "proration": "none" if paused else self._chance.one_of(ways)}
        preview = await self._desk.call(
            self._customer,
            "preview_change",
            lambda _: self._billing.preview_change(self._id, item_id=item, **wanted),
        )
        if preview is None:
            return
        outcome = await self._desk.call(
            self._customer,
            verb,
            lambda id_: getattr(self._billing, verb)(
                self._id, item_id=item, preview=preview, operation_id=id_, **wanted
            ),
        )
        if outcome is not None:
            self._answer_the_bank(outcome)

    def _answer_the_bank(self, outcome: Outcome[Any]) -> None:
        """Pass the bank's check where it asks for one, mostly."""
        action = outcome.next_action
        if action is None or action.kind != "authenticate":
            return
        if self._chance.happens(0.85):
            self._engine.authenticate(outcome.value.ref)
            self._desk.verbs["authenticated"] += 1
        else:
            self._engine.fail_authentication(outcome.value.ref)
            self._desk.verbs["not authenticated"] += 1

    async def _row(self) -> Any:
        return await self._billing.subscription(self._id)

    @property
    def _id(self) -> str:
        return self._customer.id or ""
