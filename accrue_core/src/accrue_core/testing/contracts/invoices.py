"""What every processor promises about invoices."""

# ruff: noqa: S101
from __future__ import annotations

from dataclasses import replace

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.invoices import InvoiceSnapshot, InvoiceStatus
from accrue_core.contracts.processor import Processor
from accrue_core.contracts.results import Answer
from accrue_core.testing.contracts.bench import Bench, is_supported


def assert_adds_up(invoice: InvoiceSnapshot) -> None:
    """Fail unless the invoice explains itself to the last minor unit, in one currency."""
    minor = {
        name: getattr(invoice, name).minor
        for name in (
            "subtotal", "discount", "tax", "total", "amount_due", "amount_paid", "amount_remaining",
        )
    }  # fmt: skip
    assert sum(line.amount.minor for line in invoice.lines) == minor["subtotal"]
    assert minor["subtotal"] - minor["discount"] + minor["tax"] == minor["total"]
    assert minor["amount_paid"] + minor["amount_remaining"] == minor["amount_due"]
    amounts = [line.amount for line in invoice.lines]
    amounts += [payment.amount for payment in invoice.payments]
    currencies = {amount.currency for amount in (invoice.total, *amounts)}
    assert currencies == {invoice.currency}


@pytest.mark.anyio
class InvoiceContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``.

    A processor without invoices says so in its table, and then brings none.
    """

    async def test_a_paid_first_invoice_explains_itself(
        self, processor: Processor, bench: Bench
    ) -> None:
        customer = await bench.payer(processor)
        answer = await processor.subscriptions.create(
            bench.subscription(customer, quantity=3), key=bench.key()
        )
        invoice = self._invoice(processor, answer)
        if invoice is None:
            return

        assert_adds_up(invoice)
        assert invoice.status == InvoiceStatus.PAID
        assert (invoice.customer, invoice.subscription) == (customer, answer.main.ref)
        assert invoice.total == bench.amount * 3
        assert invoice.amount_paid == invoice.total
        assert [line.price for line in invoice.lines] == [bench.price]
        assert invoice.paid_at is not None
        assert invoice.number

    async def test_an_invoice_fetched_is_the_one_that_was_brought(
        self, processor: Processor, bench: Bench
    ) -> None:
        answer = await bench.subscribed(processor)
        invoice = self._invoice(processor, answer)
        if invoice is None:
            return

        assert answer.main.latest_invoice == invoice.ref
        assert (await processor.invoices.fetch(invoice.ref)).main == invoice

    async def test_a_declined_first_invoice_is_open_and_still_owed(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.declined_payment_method is None:
            pytest.skip("the bench has no card that is declined")
        customer = await bench.payer(processor, bench.declined_payment_method)
        answer = await processor.subscriptions.create(bench.subscription(customer), key=bench.key())
        invoice = self._invoice(processor, answer)
        if invoice is None:
            return

        assert_adds_up(invoice)
        assert invoice.status == InvoiceStatus.OPEN
        assert invoice.amount_remaining == bench.amount
        assert invoice.paid_at is None

    async def test_an_invoice_that_is_sent_says_when_it_is_due(
        self, processor: Processor, bench: Bench
    ) -> None:
        if not is_supported(processor, Capability.COLLECT_BY_INVOICE):
            return
        customer = await bench.customer(processor)
        request = replace(bench.subscription(customer), collection="invoice", days_until_due=14)
        answer = await processor.subscriptions.create(request, key=bench.key())
        invoice = self._invoice(processor, answer)
        if invoice is None:
            return

        assert_adds_up(invoice)
        assert invoice.collection == "invoice"
        assert invoice.status in (InvoiceStatus.OPEN, InvoiceStatus.DRAFT)
        assert invoice.due_at is not None

    def _invoice(self, processor: Processor, answer: Answer) -> InvoiceSnapshot | None:
        invoices = [other for other in answer.others if isinstance(other, InvoiceSnapshot)]
        if not is_supported(processor, Capability.INVOICES):
            assert invoices == []
            return None
        (invoice,) = invoices
        return invoice
