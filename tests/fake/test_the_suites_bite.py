"""The shipped contract suites catch a processor that half-works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from accrue_core.contracts.capabilities import UNSUPPORTED, Capability, SupportTable
from accrue_core.contracts.results import Answer, Key
from accrue_core.errors import UnsupportedCapability
from accrue_core.testing.contracts.bench import Bench
from accrue_core.testing.contracts.customers import CustomerContract
from accrue_core.testing.contracts.invoices import assert_adds_up
from accrue_core.testing.contracts.subscriptions import EndingContract, SubscribingContract
from accrue_core.testing.contracts.webhooks import WebhookContract
from accrue_fake import Engine, FakeProcessor
from accrue_fake.processor import SUPPORT
from tests.contracts.test_fake import TEN_DOLLARS, bench_of
from tests.fake.shop import Shop

pytestmark = pytest.mark.anyio

Sloppiness = Callable[[FakeProcessor], None]


def forgets_keys(processor: FakeProcessor) -> None:
    """Make every call a new one, whatever its key."""
    asked, numbers = processor.backend.call, iter(range(10**6))

    async def call(noun: str, method: str, arguments: Any) -> Any:
        if "key" in arguments and method != "find_created":
            key = Key(f"forgotten-{next(numbers)}", arguments["key"].operation_id)
            arguments = {**arguments, "key": key}
        return await asked(noun, method, arguments)

    processor.backend.call = call  # type: ignore[method-assign]


def loses_operations(processor: FakeProcessor) -> None:
    """Keep no operation id on what is created."""
    asked = processor.backend.call

    async def call(noun: str, method: str, arguments: Any) -> Any:
        if method == "create":
            arguments = {**arguments, "key": replace(arguments["key"], operation_id="none")}
        return await asked(noun, method, arguments)

    processor.backend.call = call  # type: ignore[method-assign]


def ignores_endings(processor: FakeProcessor) -> None:
    """Answer a cancellation with the subscription as it was."""
    asked = processor.backend.call

    async def call(noun: str, method: str, arguments: Any) -> Any:
        if method == "cancel":
            return await asked(noun, "fetch", {"ref": arguments["request"].ref})
        return await asked(noun, method, arguments)

    processor.backend.call = call  # type: ignore[method-assign]


class Limited(FakeProcessor):
    """Declares what it cannot, and does it all the same."""

    @property
    def support(self) -> SupportTable:
        return MappingProxyType({**SUPPORT, Capability.CANCEL_AT_DATE: UNSUPPORTED})


def made(kind: type[FakeProcessor] = FakeProcessor) -> tuple[FakeProcessor, Bench]:
    engine = Engine()
    engine.catalogue.add_price("price_ten", TEN_DOLLARS)
    processor = kind(engine)
    return processor, bench_of(processor, engine.clock)


@pytest.mark.parametrize(
    ("sloppy", "promise"),
    [
        (forgets_keys, CustomerContract().test_the_same_key_creates_once),
        (forgets_keys, CustomerContract().test_a_lost_answer_is_not_a_lost_customer),
        (forgets_keys, SubscribingContract().test_the_same_key_subscribes_once),
        (loses_operations, CustomerContract().test_what_was_created_is_found_by_its_operation),
        (loses_operations, SubscribingContract().test_a_lost_answer_is_not_a_lost_subscription),
        (ignores_endings, EndingContract().test_now),
        (ignores_endings, EndingContract().test_at_the_end_of_the_period),
        (ignores_endings, EndingContract().test_at_a_date),
    ],
)
async def test_a_sloppy_processor_is_caught(
    sloppy: Sloppiness, promise: Callable[[Any, Bench], Awaitable[None]]
) -> None:
    await promise(*made())

    processor, bench = made()
    sloppy(processor)

    with pytest.raises(AssertionError):
        await promise(processor, bench)


async def test_unsupported_must_mean_refused() -> None:
    processor, bench = made(Limited)

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        await EndingContract().test_at_a_date(processor, bench)

    async def refuse(*_: Any, **__: Any) -> Answer:
        raise UnsupportedCapability(processor="fake", capability="cancel_at_date")

    processor.subscriptions.cancel = refuse  # type: ignore[method-assign]
    await EndingContract().test_at_a_date(processor, bench)


async def test_a_lenient_verifier_is_caught() -> None:
    processor, bench = made()
    verify = processor.verify

    def lenient(body: bytes, headers: Any, *, now: Any) -> Any:
        return verify(body, headers, now=min(now, bench.now() + timedelta(minutes=1)))

    processor.verify = lenient  # type: ignore[method-assign]
    with pytest.raises(pytest.fail.Exception):
        await WebhookContract().test_a_webhook_of_another_time_is_refused(
            processor, bench, timedelta(hours=1)
        )


async def test_a_wrong_sum_is_caught(shop: Shop) -> None:
    ref = shop.subscribed()
    (invoice,) = shop.invoices(ref)
    assert_adds_up(invoice)

    for wrong in (
        replace(invoice, subtotal=invoice.subtotal * 2),
        replace(invoice, amount_paid=invoice.amount_paid * 2),
        replace(invoice, currency="eur"),
    ):
        with pytest.raises(AssertionError):
            assert_adds_up(wrong)
