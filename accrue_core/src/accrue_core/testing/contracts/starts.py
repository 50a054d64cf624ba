"""What every processor promises about the ways in which subscriptions begin, and end at once."""

# ruff: noqa: S101
from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.changes import ResumeSubscription, SetTrialEnd
from accrue_core.contracts.invoices import InvoiceSnapshot
from accrue_core.contracts.payment_methods import AttachPaymentMethod
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.subscriptions import (
    CancelSubscription,
    CreateSubscription,
    NewItem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from accrue_core.errors import CardDeclined, ProcessorRejected
from accrue_core.testing.contracts.bench import Bench, is_supported, unless_unsupported
from accrue_core.testing.contracts.invoices import assert_adds_up

LAG = timedelta(minutes=5)
"""How far the bench's time and the processor's may be apart while a test runs."""


@pytest.mark.anyio
class StartingContract:
    """From when subscriptions count. Give it the fixtures ``processor`` and ``bench``."""

    async def test_up_to_an_anchor_a_part_is_paid(self, processor: Processor, bench: Bench) -> None:
        now = bench.now().replace(microsecond=0)
        anchor = now + timedelta(days=10)
        started = await self._started(
            processor, bench, Capability.SUBSCRIBE_WITH_ANCHOR, anchor=anchor
        )
        if started is None:
            return

        assert started.status == SubscriptionStatus.ACTIVE
        assert [item.current_period_end for item in started.items] == [anchor]
        invoice = await _first_invoice(processor, started)
        assert invoice is not None or not is_supported(processor, Capability.INVOICES)
        if invoice is not None:
            whole = anchor - _a_month_before(anchor)
            exact = bench.amount.minor * (anchor - now) / whole
            assert abs(invoice.total.minor - exact) <= 1 + bench.amount.minor * (LAG / whole)
            assert invoice.amount_paid == invoice.total

    async def test_up_to_an_anchor_it_may_be_free(self, processor: Processor, bench: Bench) -> None:
        anchor = bench.now().replace(microsecond=0) + timedelta(days=10)
        started = await self._started(
            processor,
            bench,
            Capability.SUBSCRIBE_WITH_ANCHOR,
            anchor=anchor,
            proration="none",
        )
        if started is None:
            return

        assert started.status == SubscriptionStatus.ACTIVE
        assert [item.current_period_end for item in started.items] == [anchor]
        invoice = await _first_invoice(processor, started)
        assert invoice is None or not invoice.total

    @pytest.mark.parametrize("days", [-1, 40])
    async def test_an_anchor_lies_within_the_first_period(
        self, processor: Processor, bench: Bench, days: int
    ) -> None:
        if not is_supported(processor, Capability.SUBSCRIBE_WITH_ANCHOR):
            return
        anchor = bench.now() + timedelta(days=days)
        request = replace(bench.subscription(await bench.payer(processor)), anchor=anchor)

        with pytest.raises(ProcessorRejected):
            await processor.subscriptions.create(request, key=bench.key())

    async def test_an_anchor_does_not_lie_in_a_trial(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.SUBSCRIBE_WITH_ANCHOR):
            return
        request = replace(
            bench.subscription(await bench.payer(processor)),
            anchor=bench.now() + timedelta(days=5),
            trial_days=14,
        )

        with pytest.raises(ProcessorRejected):
            await processor.subscriptions.create(request, key=bench.key())

    async def test_backdated_the_first_invoice_covers_the_time_since(
        self, processor: Processor, bench: Bench
    ) -> None:
        since = bench.now().replace(microsecond=0) - timedelta(days=40)
        started = await self._started(
            processor, bench, Capability.SUBSCRIBE_BACKDATED, backdated_to=since
        )
        if started is None:
            return

        assert started.started_at == since
        assert started.status == SubscriptionStatus.ACTIVE
        invoice = await _first_invoice(processor, started)
        assert invoice is not None or not is_supported(processor, Capability.INVOICES)
        if invoice is not None:
            assert_adds_up(invoice)
            assert invoice.total.minor > bench.amount.minor
            assert min(_moments(invoice)) == since

    async def test_backdated_the_time_since_may_be_free(
        self, processor: Processor, bench: Bench
    ) -> None:
        since = bench.now().replace(microsecond=0) - timedelta(days=40)
        started = await self._started(
            processor,
            bench,
            Capability.SUBSCRIBE_BACKDATED,
            backdated_to=since,
            proration="none",
        )
        if started is None:
            return

        assert started.started_at == since
        invoice = await _first_invoice(processor, started)
        assert invoice is None or invoice.total.minor <= bench.amount.minor

    async def test_nothing_is_backdated_to_what_is_to_come(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.SUBSCRIBE_BACKDATED):
            return
        later = bench.now() + timedelta(days=3)
        request = replace(bench.subscription(await bench.payer(processor)), backdated_to=later)

        with pytest.raises(ProcessorRejected):
            await processor.subscriptions.create(request, key=bench.key())

    async def _started(
        self, processor: Processor, bench: Bench, capability: Capability, **options: Any
    ) -> SubscriptionSnapshot | None:
        request = replace(bench.subscription(await bench.payer(processor)), **options)
        asked = processor.subscriptions.create(request, key=bench.key())
        answer = await unless_unsupported(processor, capability, asked)
        if answer is None:
            return None
        fetched: SubscriptionSnapshot = (await processor.subscriptions.fetch(answer.main.ref)).main
        assert fetched == answer.main
        return fetched


@pytest.mark.anyio
class TrialWithoutCardContract:
    """What becomes of a trial that nobody has a card for. The same two fixtures."""

    @pytest.mark.parametrize(
        ("then", "status"),
        [
            ("cancel", SubscriptionStatus.CANCELED),
            ("pause", SubscriptionStatus.PAUSED),
            ("invoice", SubscriptionStatus.PAST_DUE),
        ],
    )
    async def test_it_ends_as_was_said(
        self, processor: Processor, bench: Bench, then: Any, status: SubscriptionStatus
    ) -> None:
        ended = await self._ended(processor, bench, then)

        if ended is not None:
            assert ended.status == status
            assert (await processor.subscriptions.fetch(ended.ref)).main == ended

    async def test_with_a_card_it_is_paid_for(self, processor: Processor, bench: Bench) -> None:
        ended = await self._ended(processor, bench, "pause", card=bench.good_payment_method)

        if ended is not None:
            assert ended.status == SubscriptionStatus.ACTIVE

    async def test_what_rests_is_resumed_once_there_is_a_card(
        self, processor: Processor, bench: Bench
    ) -> None:
        rests = await self._ended(processor, bench, "pause")
        if rests is None:
            return
        resume = ResumeSubscription(ref=rests.ref)
        attach = AttachPaymentMethod(
            customer=rests.customer, payment_method=bench.good_payment_method
        )
        await processor.payment_methods.attach(attach, key=bench.key())
        assert (await processor.subscriptions.fetch(rests.ref)).main.status == rests.status

        answer = await processor.subscriptions.resume(resume, key=bench.key())

        assert answer.main.status == SubscriptionStatus.ACTIVE
        assert answer.main.latest_invoice != rests.latest_invoice
        invoice = (await processor.fetch("invoice", str(answer.main.latest_invoice))).main
        assert (invoice.total, invoice.amount_paid) == (bench.amount, bench.amount)

    async def test_what_rests_is_not_resumed_for_nothing(
        self, processor: Processor, bench: Bench
    ) -> None:
        rests = await self._ended(processor, bench, "pause")
        if rests is None:
            return
        resume = ResumeSubscription(ref=rests.ref)

        try:
            answer = await processor.subscriptions.resume(resume, key=bench.key())
        except CardDeclined:
            answer = await processor.subscriptions.fetch(rests.ref)

        assert answer.main.status == SubscriptionStatus.PAUSED

    async def _ended(
        self, processor: Processor, bench: Bench, then: Any, *, card: str | None = None
    ) -> SubscriptionSnapshot | None:
        if not is_supported(processor, Capability.SUBSCRIBE_WITH_TRIAL):
            return None
        customer = await (bench.customer if card is None else bench.payer)(processor)
        request = replace(bench.subscription(customer), trial_days=14, trial_without_card=then)
        asked = processor.subscriptions.create(request, key=bench.key())
        capability = Capability.TRIAL_WITHOUT_CARD
        if then == "invoice" and not is_supported(processor, capability):
            await asked
            return None
        answer = await unless_unsupported(processor, capability, asked)
        if answer is None or not is_supported(processor, Capability.SET_TRIAL_END):
            return None
        assert answer.main.status == SubscriptionStatus.TRIALING
        end = SetTrialEnd(ref=answer.main.ref)
        await processor.subscriptions.set_trial_end(end, key=bench.key())
        ended: SubscriptionSnapshot = (await processor.subscriptions.fetch(end.ref)).main
        return ended


@pytest.mark.anyio
class SeveralIntervalsContract:
    """Items with different intervals. The same two fixtures; the bench has a yearly price."""

    async def test_each_item_has_a_period_of_its_own_and_one_invoice_has_them_all(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.yearly_price is None:
            pytest.skip("the bench has no yearly price")
        request = CreateSubscription(
            customer=await bench.payer(processor),
            items=(NewItem(price=bench.price), NewItem(price=bench.yearly_price)),
        )
        asked = processor.subscriptions.create(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.SEVERAL_INTERVALS, asked)
        if answer is None:
            return

        periods = {
            item.price: (item.current_period_start, item.current_period_end)
            for item in answer.main.items
        }
        (start, month), (same, year) = periods[bench.price], periods[bench.yearly_price]
        assert start == same
        assert month - start <= timedelta(days=31)
        assert timedelta(days=365) <= year - start <= timedelta(days=366)
        invoice = await _first_invoice(processor, answer.main)
        assert invoice is not None or not is_supported(processor, Capability.INVOICES)
        if invoice is not None:
            assert {line.price for line in invoice.lines} == set(periods)
            assert_adds_up(invoice)

    async def test_they_renew_each_in_its_time(self, processor: Processor, bench: Bench) -> None:
        is_possible = is_supported(processor, Capability.SEVERAL_INTERVALS)
        if bench.yearly_price is None or bench.pass_time is None or not is_possible:
            return
        request = CreateSubscription(
            customer=await bench.payer(processor),
            items=(NewItem(price=bench.price), NewItem(price=bench.yearly_price)),
        )
        started = (await processor.subscriptions.create(request, key=bench.key())).main
        month = min(item.current_period_end for item in started.items)

        await bench.pass_time(month)

        after = (await processor.subscriptions.fetch(started.ref)).main
        before = {item.price: item for item in started.items}
        for item in after.items:
            is_monthly = item.price == bench.price
            assert (item == before[item.price]) != is_monthly
            assert not is_monthly or item.current_period_start == month
        invoice = (await processor.fetch("invoice", str(after.latest_invoice))).main
        assert [line.price for line in invoice.lines] == [bench.price]


@pytest.mark.anyio
class LastInvoiceContract:
    """An end now that is invoiced. The same two fixtures."""

    async def test_the_unused_rest_is_given_back(self, processor: Processor, bench: Bench) -> None:
        before = (await bench.subscribed(processor)).main
        request = CancelSubscription(
            ref=before.ref, when="now", invoice_now=True, prorate=True, reason="too_expensive"
        )
        asked = processor.subscriptions.cancel(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.CANCEL_WITH_INVOICE, asked)
        if answer is None:
            assert (await processor.subscriptions.fetch(before.ref)).main == before
            return

        assert answer.main.status == SubscriptionStatus.CANCELED
        assert answer.main.cancel_reason in (None, "too_expensive")
        assert request.is_met_by(answer.main)
        assert answer.main.latest_invoice not in (None, before.latest_invoice)
        invoice = (await processor.fetch("invoice", str(answer.main.latest_invoice))).main
        assert_adds_up(invoice)
        lag = 1 + bench.amount.minor * (LAG / timedelta(days=28))
        assert abs(invoice.total.minor + bench.amount.minor) <= lag
        assert not invoice.amount_due

    async def test_without_it_there_is_no_other_invoice(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.CANCEL_NOW):
            return
        before = (await bench.subscribed(processor)).main
        request = CancelSubscription(ref=before.ref, when="now")

        answer = await processor.subscriptions.cancel(request, key=bench.key())

        assert answer.main.latest_invoice == before.latest_invoice

    async def test_a_later_end_is_not_invoiced_now(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.CANCEL_WITH_INVOICE):
            return
        before = (await bench.subscribed(processor)).main
        request = CancelSubscription(ref=before.ref, when="period_end", invoice_now=True)

        with pytest.raises(ProcessorRejected):
            await processor.subscriptions.cancel(request, key=bench.key())

        assert (await processor.subscriptions.fetch(before.ref)).main == before


async def _first_invoice(
    processor: Processor, started: SubscriptionSnapshot
) -> InvoiceSnapshot | None:
    """Return the invoice that a start has brought, if the processor has any."""
    if started.latest_invoice is None or not is_supported(processor, Capability.INVOICES):
        return None
    invoice: InvoiceSnapshot = (await processor.fetch("invoice", started.latest_invoice)).main
    return invoice


def _moments(invoice: InvoiceSnapshot) -> list[datetime]:
    return [line.period_start for line in invoice.lines if line.period_start is not None]


def _a_month_before(moment: datetime) -> datetime:
    year, month = (moment.year, moment.month - 1) if moment.month > 1 else (moment.year - 1, 12)
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
