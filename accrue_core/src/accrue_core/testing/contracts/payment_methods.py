"""What every processor promises about payment methods."""

# ruff: noqa: S101
from __future__ import annotations

import pytest

from accrue_core.contracts.capabilities import Capability
from accrue_core.contracts.payment_methods import AttachPaymentMethod, PaymentMethodSnapshot
from accrue_core.contracts.processor import Processor
from accrue_core.errors import ProcessorRejected, ProcessorUnavailable
from accrue_core.testing.contracts.bench import Bench, unless_unsupported


@pytest.mark.anyio
class PaymentMethodContract:
    """Subclass it in your plugin's tests; give it the fixtures ``processor`` and ``bench``."""

    async def test_an_attached_one_is_the_default_from_now_on(
        self, processor: Processor, bench: Bench
    ) -> None:
        request = await self._request(processor, bench)
        asked = processor.payment_methods.attach(request, key=bench.key())
        answer = await unless_unsupported(processor, Capability.ATTACH_PAYMENT_METHOD, asked)
        if answer is None:
            return

        card = answer.main
        assert isinstance(card, PaymentMethodSnapshot)
        assert card.customer == request.customer
        (customer,) = [other for other in answer.others if other.noun == "customer"]
        assert customer.default_payment_method == card.ref
        assert (await processor.customers.fetch(request.customer)).main == customer
        assert (await processor.payment_methods.fetch(card.ref)).main == card

    async def test_one_attached_besides_leaves_the_default_alone(
        self, processor: Processor, bench: Bench
    ) -> None:
        customer = await bench.payer(processor)
        before = (await processor.customers.fetch(customer)).main.default_payment_method

        other = AttachPaymentMethod(
            customer=customer, payment_method=bench.good_payment_method, make_default=False
        )
        await processor.payment_methods.attach(other, key=bench.key())

        after = (await processor.customers.fetch(customer)).main.default_payment_method
        assert after == before

    async def test_the_same_key_attaches_once(self, processor: Processor, bench: Bench) -> None:
        request, key = await self._request(processor, bench), bench.key()

        first = await processor.payment_methods.attach(request, key=key)
        again = await processor.payment_methods.attach(request, key=key)

        assert again.main.ref == first.main.ref

    async def test_what_does_not_exist_is_refused(self, processor: Processor, bench: Bench) -> None:
        customer = await bench.customer(processor)
        for request in (
            AttachPaymentMethod(customer=customer, payment_method="never_made_00000"),
            AttachPaymentMethod(
                customer="never_made_00000", payment_method=bench.good_payment_method
            ),
        ):
            with pytest.raises(ProcessorRejected):
                await processor.payment_methods.attach(request, key=bench.key())

    async def test_a_lost_answer_is_not_a_lost_card(
        self, processor: Processor, bench: Bench
    ) -> None:
        if bench.lose_next_answer is None:
            pytest.skip("the bench cannot lose an answer")
        request = await self._request(processor, bench)
        key, since = bench.key(), bench.now()
        await bench.lose_next_answer()
        with pytest.raises(ProcessorUnavailable):
            await processor.payment_methods.attach(request, key=key)

        repeated = await processor.payment_methods.attach(request, key=key)

        assert repeated.main.customer == request.customer
        if processor.recovery["payment_methods.attach"].is_findable:
            found = await processor.find_created(request, key=key, since=since)
            assert found is not None
            assert found.main.ref == repeated.main.ref

    async def _request(self, processor: Processor, bench: Bench) -> AttachPaymentMethod:
        customer = await bench.customer(processor)
        return AttachPaymentMethod(customer=customer, payment_method=bench.good_payment_method)
