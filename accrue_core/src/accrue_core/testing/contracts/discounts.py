"""What every processor promises about coupons, free subscriptions and tax."""

# ruff: noqa: S101
from __future__ import annotations

from dataclasses import replace

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.customers import SetTaxLocation
from accrue_core.contracts.invoices import InvoiceSnapshot, InvoiceStatus
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.results import Answer
from accrue_core.contracts.subscriptions import COMP_COUPON, SubscriptionStatus
from accrue_core.errors import ProcessorRejected
from accrue_core.testing.contracts.bench import Bench, is_supported, unless_unsupported
from accrue_core.testing.contracts.customers import SAN_FRANCISCO
from accrue_core.testing.contracts.invoices import assert_adds_up


@pytest.mark.anyio
class DiscountContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``."""

    async def test_a_coupon_takes_its_part_off_the_invoice(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.coupon is None:
            pytest.skip("the bench has no coupon")
        customer = await bench.payer(processor)
        request = replace(bench.subscription(customer, quantity=3), coupon=bench.coupon)
        asked = processor.subscriptions.create(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.SUBSCRIBE_WITH_COUPON, asked)
        if answer is None:
            return

        invoice = await first_invoice(processor, answer)
        assert answer.main.coupons == (bench.coupon,)
        assert answer.main.status == SubscriptionStatus.ACTIVE
        assert invoice.subtotal == bench.amount * 3
        assert invoice.discount * 2 == invoice.subtotal
        assert invoice.amount_paid == invoice.total == invoice.discount

    async def test_a_coupon_for_once_counts_no_longer(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.coupon_once is None:
            pytest.skip("the bench has no coupon that counts once")
        if not is_supported(processor, Capability.SUBSCRIBE_WITH_COUPON):
            return
        customer = await bench.payer(processor)
        request = replace(bench.subscription(customer), coupon=bench.coupon_once)
        answer = await processor.subscriptions.create(request, key=bench.key())

        invoice = await first_invoice(processor, answer)
        assert invoice.total * 2 == bench.amount
        assert (await processor.subscriptions.fetch(answer.main.ref)).main.coupons == ()

    async def test_an_unknown_coupon_starts_nothing(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.SUBSCRIBE_WITH_COUPON):
            return
        request = replace(
            bench.subscription(await bench.payer(processor)), coupon="never_made_00000"
        )
        key, since = bench.key(), bench.now()
        with pytest.raises(ProcessorRejected):
            await processor.subscriptions.create(request, key=key)

        if processor.recovery["subscriptions.create"].is_findable:
            assert await processor.find_created(request, key=key, since=since) is None

    async def test_who_has_it_for_nothing_needs_no_card(
        self, processor: Processor, bench: Bench
    ) -> None:
        customer, key = await bench.customer(processor), bench.key()
        request = replace(bench.subscription(customer), coupon=COMP_COUPON)
        asked = processor.subscriptions.create(request, key=key)
        answer = await unless_unsupported(processor, Capability.COMP, asked)
        if answer is None:
            return

        invoice = await first_invoice(processor, answer)
        assert answer.main.status == SubscriptionStatus.ACTIVE
        assert answer.main.coupons == (COMP_COUPON,)
        assert answer.next_action is None
        assert (invoice.status, invoice.total.minor) == (InvoiceStatus.PAID, 0)
        again = await processor.subscriptions.create(request, key=key)
        assert again.main.ref == answer.main.ref


@pytest.mark.anyio
class AutomaticTaxContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``."""

    async def test_nobody_is_taxed_nowhere(self, processor: Processor, bench: Bench) -> None:
        if not is_supported(processor, Capability.AUTOMATIC_TAX):
            return
        customer = await bench.payer(processor)
        request = replace(bench.subscription(customer), automatic_tax=True)
        with pytest.raises(ProcessorRejected):
            await processor.subscriptions.create(request, key=bench.key())

    async def test_tax_is_on_the_invoice_and_adds_up(
        self, processor: Processor, bench: Bench
    ) -> None:
        customer = await bench.payer(processor)
        if is_supported(processor, Capability.SET_TAX_LOCATION):
            place = SetTaxLocation(ref=customer, **SAN_FRANCISCO)
            await processor.customers.set_tax_location(place, key=bench.key())
        request = replace(bench.subscription(customer, quantity=3), automatic_tax=True)
        asked = processor.subscriptions.create(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.AUTOMATIC_TAX, asked)
        if answer is None:
            return

        invoice = await first_invoice(processor, answer)
        assert answer.main.automatic_tax
        assert answer.main.status == SubscriptionStatus.ACTIVE
        assert invoice.amount_paid == invoice.total


async def first_invoice(processor: Processor, answer: Answer) -> InvoiceSnapshot:
    """Return the invoice that came along with a new subscription; it explains itself."""
    (brought,) = [other for other in answer.others if isinstance(other, InvoiceSnapshot)]
    invoice: InvoiceSnapshot = (await processor.invoices.fetch(brought.ref)).main
    assert invoice == brought
    assert_adds_up(invoice)
    return invoice
